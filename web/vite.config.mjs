import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  define: {
    // Apollo's developer messages are looked up by number at its site; the page asks nothing of third parties.
    'globalThis.__DEV__': 'false',
  },
  build: {
    target: 'baseline-widely-available',
    emptyOutDir: true,
    // A picture inside a style sheet would be a data: URL; all of ours are files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
