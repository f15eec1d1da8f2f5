/**
 * libheif in WebAssembly: compiled for the first HEIC file, with a new instance for each photo, so that a photo cannot corrupt the
 * memory of the next one.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Libheif } from 'libheif-js/libheif-wasm/libheif.js';

/** Memory for one photo: 50 million pixels take 75 MB as decoded, 150 MB as RGB and their tiles. */
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;

let compiled: Promise<WebAssembly.Module> | undefined;

/** A decoder for one photo, with memory of its own; it throws when the memory is exhausted. */
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

/** The bitstream may declare a larger size than the header; exceeding the limit fails like exhausted memory. */
function limitMemory({ exports }: WebAssembly.Instance): void {
  const memory = Object.values(exports).find((item) => item instanceof WebAssembly.Memory);
  if (!memory) throw new Error('libheif has no memory to limit.');
  const grow = memory.grow.bind(memory);
  memory.grow = (pages) => {
    const bytes = memory.buffer.byteLength + pages * 65_536;
    if (bytes > MAX_MEMORY_BYTES) throw new RangeError(`${bytes} bytes for one HEIC.`);
    return grow(pages);
  };
}
