/**
 * Bundles the front-end assets: hashed names, shared chunks, a manifest that the templates read.
 *
 *   node build.mjs            build everything into app/web/static/dist
 *   node build.mjs --watch    build again at each change
 *
 * The FEEL bundle of the engine has a build of its own (app/engine/feel/build.mjs) and is run from here.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import * as esbuild from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const assets = path.join(root, "app/web/assets");
const target = path.join(root, "app/web/static/dist");
const require = createRequire(import.meta.url);

/** Pages name these in their templates: asset('app.js'), asset('viewer.css'). */
const entryPoints = {
  app: path.join(assets, "js/app.js"),
  "app-style": path.join(assets, "css/app.css"),
  consultation: path.join(assets, "js/consultation.js"),
  meeting: path.join(assets, "js/meeting.js"),
  viewer: path.join(assets, "js/viewer.js"),
  "viewer-style": path.join(assets, "css/viewer.css"),
  "studio-diagram": path.join(assets, "js/studio-diagram.js"),
  "studio-diagram-style": path.join(assets, "css/studio-diagram.css"),
  "studio-written": path.join(assets, "js/studio-written.js"),
  "studio-table": path.join(assets, "js/studio-table.js"),
  "studio-style": path.join(assets, "css/studio.css"),
};
for (const kind of ["js", "css"]) {
  const form = path.join(assets, kind, `form.${kind}`);
  if (existsSync(form)) entryPoints[kind === "js" ? "form" : "form-style"] = form;
}

/** Layers of Designsystemet's theme that carry measures; the colours are ours (app/web/theme.py). */
const structureLayers = [
  "ds.theme.size-mode",
  "ds.theme.type-scale",
  "ds.theme.typography.primary",
  "ds.theme.size",
  "ds.theme.semantic",
];

/** Return the `@layer name{...}` block of a style sheet. */
function layerOf(css, name) {
  const start = css.indexOf(`@layer ${name}{`);
  if (start < 0) throw new Error(`Designsystemet's theme has no layer ${name}`);
  let depth = 0;
  for (let at = css.indexOf("{", start); at < css.length; at += 1) {
    if (css[at] === "{") depth += 1;
    if (css[at] === "}" && (depth -= 1) === 0) return css.slice(start, at + 1);
  }
  throw new Error(`layer ${name} does not end`);
}

const designsystemetStructure = {
  name: "designsystemet-structure",
  setup(build) {
    build.onResolve({ filter: /^designsystemet:structure$/ }, () => ({ path: "structure", namespace: "designsystemet" }));
    build.onLoad({ filter: /.*/, namespace: "designsystemet" }, async () => {
      const theme = await readFile(require.resolve("@digdir/designsystemet-css/theme.css"), "utf8");
      return { contents: structureLayers.map((name) => layerOf(theme, name)).join("\n"), loader: "css" };
    });
  },
};

/** Copy a file under a name with its hash; return that name. */
async function copyHashed(name) {
  const content = await readFile(path.join(assets, name));
  const { name: stem, ext } = path.parse(name);
  const hashed = `${stem}-${createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase()}${ext}`;
  await writeFile(path.join(target, hashed), content);
  return hashed;
}

/** Write manifest.json: the name a template uses -> the file's name, and what else a page may preload. */
async function writeManifest(metafile) {
  const manifest = {};
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    const built = path.basename(file);
    if (!entryPoint) {
      if (built.startsWith("inter-latin-wght-normal")) manifest["inter.woff2"] = built;
      continue;
    }
    const { name, ext } = path.parse(entryPoint);
    manifest[`${name}${ext}`] = built;
  }
  for (const name of ["icons.svg", "favicon.svg"]) manifest[name] = await copyHashed(name);
  const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(path.join(target, "manifest.json"), `${JSON.stringify(sorted, null, 2)}\n`);
  return new Set(["manifest.json", ...Object.values(manifest), ...Object.keys(metafile.outputs).map((file) => path.basename(file))]);
}

/** Remove what earlier builds have left, after the new files are there: a server that is running never misses one of them. */
async function removeOthers(kept) {
  for (const name of await readdir(target)) if (!kept.has(name)) await rm(path.join(target, name), { recursive: true });
}

const manifestPlugin = {
  name: "manifest",
  setup(build) {
    build.onEnd(async (result) => {
      if (result.errors.length === 0) await removeOthers(await writeManifest(result.metafile));
    });
  },
};

const options = {
  entryPoints,
  outdir: target,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022", "chrome110", "firefox115", "safari16.4"],
  minify: true,
  sourcemap: false,
  metafile: true,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "linked",
  loader: { ".woff2": "file", ".svg": "dataurl" },
  plugins: [designsystemetStructure, manifestPlugin],
  logLevel: "warning",
};

async function buildEngine() {
  const feel = path.join(root, "app/engine/feel/build.mjs");
  if (existsSync(feel)) await (await import(pathToFileURL(feel).href)).buildFeel();
}

await mkdir(target, { recursive: true });

if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  const started = performance.now();
  const result = await esbuild.build(options);
  const files = Object.keys(result.metafile.outputs).length;
  console.log(`${files} files in app/web/static/dist, ${Math.round(performance.now() - started)} ms`);
  await buildEngine();
}
