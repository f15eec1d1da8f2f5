/**
 * libheif in WebAssembly: compiled when the first HEIC comes, and started anew for each photo, so that what a
 * photo does to its memory ends with it.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Libheif } from 'libheif-js/libheif-wasm/libheif.js';

/** Memory for one photo: 50 million pixels take 75 MB as decoded, 150 MB as RGB and their tiles. */
const MOST_BYTES = 512 * 1024 * 1024;

let compiled: Promise<WebAssembly.Module> | undefined;

/** A decoder with memory of its own, for one photo; it throws when that is not enough. */
export async function loadHeif(): Promise<Libheif> {
  compiled ??= compile();
  const module = await compiled;
  const { default: start } = await import('libheif-js/libheif-wasm/libheif.js');
  return start({
    instantiateWasm(imports, receive) {
      const instance = new WebAssembly.Instance(module, imports);
      limitMemory(instance);
      receive(instance);
      return instance.exports;
    },
  });
}

async function compile(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('libheif-js/libheif-wasm/libheif.wasm');
  return WebAssembly.compile(await readFile(path));
}

/** A stream may claim any size behind a modest header; what is too much fails as memory that has run out. */
function limitMemory({ exports }: WebAssembly.Instance): void {
  const memory = Object.values(exports).find((item) => item instanceof WebAssembly.Memory);
  if (!memory) throw new Error('libheif has no memory to limit.');
  const grow = memory.grow.bind(memory);
  memory.grow = (pages) => {
    const bytes = memory.buffer.byteLength + pages * 65_536;
    if (bytes > MOST_BYTES) throw new RangeError(`${bytes} bytes for one HEIC.`);
    return grow(pages);
  };
}
