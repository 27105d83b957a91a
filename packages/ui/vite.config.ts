import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { precompress } from './precompress.ts';

const NAME = 'color-scheme.js';

/**
 * Sets the colour scheme before the first paint. The content security policy allows no inline script, so this one is a
 * file of its own, named by its content like every other.
 */
function colorSchemeScript(): Plugin {
  return {
    name: 'bitacora:color-scheme-script',
    apply: 'build',
    buildStart() {
      this.emitFile({
        type: 'asset',
        name: NAME,
        source: readFileSync(join(import.meta.dirname, 'src/app/color-scheme-script.js'), 'utf8'),
      });
    },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle = {} }) {
        const script = Object.values(bundle).find(
          (file) => file.type === 'asset' && file.names.includes(NAME),
        );
        if (!script) throw new Error(`The build has no ${NAME}.`);
        return [{ tag: 'script', attrs: { src: `./${script.fileName}` }, injectTo: 'head-prepend' }];
      },
    },
  };
}

const server = process.env.BITACORA_SERVER ?? 'http://127.0.0.1:5000';

export default defineConfig({
  // Relative addresses: the same build works below any path prefix.
  base: './',
  plugins: [react(), colorSchemeScript(), precompress()],
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    // Licence texts of the bundled libraries, which ask to be passed on.
    license: { fileName: 'licenses.md' },
    reportCompressedSize: false,
  },
  server: {
    port: Number(process.env.PORT ?? 5173),
    proxy: Object.fromEntries(
      ['/api', '/ajax-api', '/get-artifact', '/version'].map((path) => [path, { target: server }]),
    ),
  },
});
