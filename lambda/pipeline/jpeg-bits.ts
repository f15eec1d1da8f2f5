/**
 * The parts of a baseline JPEG that do not depend on its picture, and the writing of its bits.
 *
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf (ITU T.81: markers in annex B, Huffman coding in C and F)
 */

/** What stands before the bits of a picture, and what is needed to write them. */
export interface JpegHead {
  bytes: Buffer;
  /** Divisors of the coefficients in zigzag order: of brightness, of colour. */
  divisors: Uint8Array[];
  /** Codes of the first and of all further coefficients: of brightness, of colour. */
  first: CodeTable[];
  further: CodeTable[];
}

/** Huffman codes by symbol: their bits, and above them, from the 17th on, how many there are. */
export type CodeTable = Int32Array;

const [FRAME, TABLES, SCAN, DIVISORS] = [0xc0, 0xc4, 0xda, 0xdb];

/** Takes the head of a baseline JPEG, to be used for a picture of another size. */
export function headOf(
  jpeg: Buffer,
  { width, height }: { width: number; height: number },
): JpegHead {
  const head: JpegHead = { bytes: jpeg, divisors: [], first: [], further: [] };
  for (let at = 2; ; ) {
    const [marker, length] = [jpeg.readUInt8(at + 1), jpeg.readUInt16BE(at + 2)];
    const body = jpeg.subarray(at + 4, at + 2 + length);
    if (marker === FRAME) body.set([height >> 8, height & 255, width >> 8, width & 255], 1);
    if (marker === DIVISORS) readDivisors(body, head);
    if (marker === TABLES) readCodes(body, head);
    at += 2 + length;
    if (marker === SCAN) return { ...head, bytes: jpeg.subarray(0, at) };
  }
}

function readDivisors(body: Buffer, { divisors }: JpegHead): void {
  for (let at = 0; at < body.length; at += 65) {
    divisors[body.readUInt8(at) & 1] = body.subarray(at + 1, at + 65);
  }
}

/** A table counts the codes of 1 to 16 bits, then lists their symbols; the codes count upwards. */
function readCodes(body: Buffer, { first, further }: JpegHead): void {
  for (let at = 0; at < body.length; ) {
    const kind = body.readUInt8(at);
    const code = new Int32Array(256);
    let [next, symbolAt] = [0, at + 17];
    for (let length = 1; length <= 16; length++, next <<= 1) {
      for (let left = body.readUInt8(at + length); left > 0; left--) {
        code[body.readUInt8(symbolAt++)] = (length << 16) | next++;
      }
    }
    (kind & 16 ? further : first)[kind & 1] = code;
    at = symbolAt;
  }
}

/** Bits one after the other, the highest first. */
export class BitWriter {
  readonly #bytes: Buffer;
  #length = 0;
  #waiting = 0;
  #count = 0;

  /** @param room the most bytes that may come */
  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  /** @param bits at most 16 of them */
  write(bits: number, count: number): void {
    let waiting = (this.#waiting << count) | bits;
    let left = this.#count + count;
    for (; left >= 8; left -= 8) {
      const byte = (waiting >> (left - 8)) & 255;
      this.#bytes[this.#length++] = byte;
      // A byte of ones begins a marker, unless a zero follows.
      if (byte === 255) this.#bytes[this.#length++] = 0;
    }
    waiting &= (1 << left) - 1;
    this.#waiting = waiting;
    this.#count = left;
  }

  /** A coefficient: a symbol for its length and the `zeros` before it, then its own bits; none of 0. */
  coefficient(codes: CodeTable, zeros: number, value: number): void {
    const length = 32 - Math.clz32(value < 0 ? -value : value);
    const code = codes[(zeros << 4) | length] ?? 0;
    this.write(code & 0xffff, code >> 16);
    if (length > 0) this.write(value < 0 ? value + (1 << length) - 1 : value, length);
  }

  /** Everything written, its last byte filled with ones. */
  end(): Buffer {
    this.write(127, 7);
    return this.#bytes.subarray(0, this.#length);
  }
}
