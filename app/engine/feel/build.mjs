/**
 * Bundle feelin and our corrections into dist/feel.js, one script for the embedded V8.
 *
 *     node app/engine/feel/build.mjs
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

import { FEELIN_VERSION, opened, patches } from './patches.mjs';

const here = dirname(fileURLToPath(import.meta.url));

function patched(source) {
  let text = source;
  for (const { anchor, replacement, times, why } of patches) {
    const parts = text.split(anchor);
    if (parts.length !== times + 1) {
      throw new Error(`feelin ${FEELIN_VERSION} is not as expected (${parts.length - 1} places, not ${times}): ${why}`);
    }
    text = parts.join(replacement);
  }
  return text + opened;
}

const openFeelin = {
  name: 'open-feelin',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]feelin[\\/]dist[\\/]index\.js$/ }, async ({ path }) => {
      const manifest = JSON.parse(await readFile(join(dirname(path), '..', 'package.json'), 'utf8'));
      if (manifest.version !== FEELIN_VERSION) {
        throw new Error(`feelin ${manifest.version} found, ${FEELIN_VERSION} wanted`);
      }
      return { contents: patched(await readFile(path, 'utf8')), loader: 'js' };
    });
  },
};

export async function buildFeel() {
  await build({
    entryPoints: [join(here, 'bundle.mjs')],
    outfile: join(here, 'dist', 'feel.js'),
    bundle: true,
    format: 'iife',
    target: 'es2024',
    minify: true,
    legalComments: 'eof',
    logLevel: 'warning',
    plugins: [openFeelin],
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildFeel();
}
