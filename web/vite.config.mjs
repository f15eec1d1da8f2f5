import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  define: {
    // Removes Apollo's development messages, which link to its website by number.
    'globalThis.__DEV__': 'false',
  },
  build: {
    target: 'baseline-widely-available',
    emptyOutDir: true,
    // Keeps images as files: inlined ones would be data: URLs in the style sheets.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
