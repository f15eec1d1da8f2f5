/** Decodes HEIC, the format of iPhones: the prebuilt libvips reads its header, but has no HEVC decoder. */
import type { Libheif } from 'libheif-js/libheif-wasm/libheif.js';
import { open, type Pixels, type Sharp, type Size } from './sharp.ts';

/** Starts a pipeline on the primary image of a HEIC file, upright and at full size. */
export async function openHeic(heif: Libheif, bytes: Uint8Array, expected: Size): Promise<Sharp> {
  if (!isComplete(bytes)) throw new Error('The HEIC file is truncated.');
  const pixels = await decodePrimary(heif, bytes);
  const { width, height } = pixels;
  // The limits were checked against the header that libvips read.
  if (width !== expected.width || height !== expected.height) {
    throw new Error(
      `A HEIC of ${width} x ${height} px, not ${expected.width} x ${expected.height}.`,
    );
  }
  return open(pixels);
}

/** Whether all boxes are complete: libheif fills missing tiles with black. @see ISO/IEC 14496-12, 4.2 */
function isComplete(bytes: Uint8Array): boolean {
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 16 <= file.byteLength) {
    const size = file.getUint32(at);
    // 0: up to the end of the file; 1: the size follows in 64 bits.
    if (size === 0) return true;
    at += size === 1 ? Number(file.getBigUint64(at + 8)) : Math.max(8, size);
  }
  return at <= file.byteLength;
}

async function decodePrimary(heif: Libheif, bytes: Uint8Array): Promise<Pixels> {
  const context = heif.heif_context_alloc();
  const { code, message } = heif.heif_context_read_from_memory(context, bytes);
  if (code !== heif.heif_error_code.heif_error_Ok) throw new Error(message);

  const photo = heif.heif_js_context_get_primary_image_handle(context);
  const channels = heif.heif_image_handle_has_alpha_channel(photo) ? 4 : 3;
  const { heif_chroma_interleaved_RGB: rgb, heif_chroma_interleaved_RGBA: rgba } = heif.heif_chroma;
  const decoded = await heif.heif_js_decode_image2(
    photo,
    heif.heif_colorspace.heif_colorspace_RGB,
    channels === 4 ? rgba : rgb,
  );
  const [plane] = decoded.channels ?? [];
  if (!plane) throw new Error(decoded.message ?? 'The HEIC file has no image.');
  const { width, height } = plane;
  return { data: rowsOf(plane, width * channels), width, height, channels };
}

/** The rows of a plane without padding. */
function rowsOf({ data, height, stride }: Libheif.Plane, row: number): Buffer {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (stride === row) return bytes.subarray(0, row * height);
  const rows = Array.from({ length: height }, (_, y) =>
    bytes.subarray(y * stride, y * stride + row),
  );
  return Buffer.concat(rows);
}
