/** The built-in functions: DMN 10.3.4 where feelin differs from the text, and Camunda's additions. */
import { builtins } from 'feelin';

import './builtins/calendar.mjs';
import './builtins/conversion.mjs';
import './builtins/lists.mjs';
import './builtins/numbers.mjs';
import './builtins/presence.mjs';
import './builtins/ranges.mjs';
import './builtins/texts.mjs';
import './builtins/working_days.mjs';

export { builtins };
export { invoke } from './builtins/declare.mjs';
