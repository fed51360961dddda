/** Every page loads this. Each module adds one behaviour to what the server has drawn; without it the page still works. */
import "htmx.org";

import "./announce.js";
import "./days.js";
import "./dialogs.js";
import "./draft.js";
import "./marking.js";
import "./shortcuts.js";
import "./session.js";
import "./submit.js";
