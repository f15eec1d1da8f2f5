/** WebAssembly, as far as it is used: TypeScript describes it only together with a browser's page. */
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Instance {
    constructor(module: Module, imports: object);
    readonly exports: Record<string, unknown>;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}

/** The part of libheif's JavaScript face that is used; its package describes another build of it. */
declare module 'libheif-js/libheif-wasm/libheif.js' {
  /** Opaque. */
  type Handle = object;
  /** Opaque. */
  type Choice = object;

  namespace Libheif {
    interface Plane {
      width: number;
      height: number;
      /** Bytes from one row to the next. */
      stride: number;
      data: Uint8Array<ArrayBuffer>;
    }
  }

  interface Libheif {
    heif_error_code: { heif_error_Ok: Choice };
    heif_colorspace: { heif_colorspace_RGB: Choice };
    heif_chroma: { heif_chroma_interleaved_RGB: Choice; heif_chroma_interleaved_RGBA: Choice };
    heif_context_alloc(): Handle;
    heif_context_read_from_memory(
      context: Handle,
      bytes: Uint8Array,
    ): { code: Choice; message: string };
    heif_js_context_get_primary_image_handle(context: Handle): Handle;
    heif_image_handle_has_alpha_channel(handle: Handle): number;
    /** One plane when the chroma is interleaved; none and a message when it fails. */
    heif_js_decode_image2(
      handle: Handle,
      colourspace: Choice,
      chroma: Choice,
    ): Promise<{ channels?: Libheif.Plane[]; message?: string }>;
  }

  export type { Libheif };
  export default function start(options: {
    instantiateWasm(imports: object, receive: (instance: WebAssembly.Instance) => void): object;
  }): Promise<Libheif>;
}
