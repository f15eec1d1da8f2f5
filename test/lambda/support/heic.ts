/**
 * Draws HEIC files the way phones write them: tiles of HEVC in a grid, turned by the container, with a profile.
 *
 * Each tile is one 32 x 32 block of raw samples (PCM), so that no encoder is needed: ITU-T H.265, 7.3.8.
 * @see ISO/IEC 23008-12 for the boxes
 */

const TILE = 32;

/** Colour of a tile, RGB. */
type Tile = readonly [number, number, number];

export interface Heic {
  /** Rows of tiles. */
  tiles: readonly (readonly Tile[])[];
  /** Quarter turns anticlockwise that a reader has to make (`irot`). */
  turns?: number;
  icc?: Buffer;
  /** EXIF orientation in addition; readers must not rotate twice. */
  orientation?: number;
}

export function heic({ tiles, turns = 0, icc, orientation = 1 }: Heic): Buffer {
  const rows = tiles.length;
  const columns = tiles[0]?.length ?? 0;
  const pictures = tiles.flat().map((colour) => lengthPrefixed(slice(colour)));
  const grid = pictures.length + 1;
  const size: [number, number] = [columns * TILE, rows * TILE];

  const properties = [
    box('hvcC', hvcC()),
    fullBox('ispe', u32(TILE), u32(TILE)),
    fullBox('ispe', u32(size[0]), u32(size[1])),
    box('irot', Buffer.of(turns)),
    ...(icc ? [box('colr', Buffer.from('prof'), icc)] : []),
  ];
  const ofTile = Buffer.of(2, 0x81, 2);
  const ofGrid = Buffer.of(icc ? 3 : 2, 3, 0x84, ...(icc ? [5] : []));

  const meta = (dataAt: number) =>
    fullBox(
      'meta',
      fullBox('hdlr', u32(0), Buffer.from('pict'), Buffer.alloc(13)),
      fullBox('pitm', u16(grid)),
      iinf(pictures.length),
      fullBox(
        'iref',
        box('dimg', u16(grid), u16(pictures.length), ...pictures.map((_, at) => u16(at + 1))),
        box('cdsc', u16(grid + 1), u16(1), u16(grid)),
      ),
      box(
        'iprp',
        box('ipco', ...properties),
        fullBox(
          'ipma',
          u32(grid),
          ...pictures.flatMap((_, at) => [u16(at + 1), ofTile]),
          u16(grid),
          ofGrid,
        ),
      ),
      box(
        'idat',
        Buffer.of(0, 0, rows - 1, columns - 1),
        u16(size[0]),
        u16(size[1]),
        exif(orientation),
      ),
      iloc(pictures, dataAt),
    );
  const ftyp = box('ftyp', Buffer.from('heic'), u32(0), Buffer.from('mif1heic'));
  const dataAt = ftyp.length + meta(0).length + 8;
  return Buffer.concat([ftyp, meta(dataAt), box('mdat', ...pictures)]);
}

function iinf(tiles: number): Buffer {
  const entry = (id: number, type: string, flags: number) =>
    box('infe', Buffer.of(2, 0, 0, flags), u16(id), u16(0), Buffer.from(`${type}\0`));
  const entries = Array.from({ length: tiles }, (_, at) => entry(at + 1, 'hvc1', 1));
  entries.push(entry(tiles + 1, 'grid', 0), entry(tiles + 2, 'Exif', 1));
  return fullBox('iinf', u16(entries.length), ...entries);
}

/** One EXIF entry, the orientation, behind the offset at which it begins. */
const exif = (orientation: number) =>
  Buffer.concat([
    u32(6),
    Buffer.from('Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01', 'latin1'),
    u16(orientation),
    u16(0),
    u32(0),
  ]);

/** Version 1: grid and EXIF lie in `idat` (method 1), the tiles in the file (method 0). */
function iloc(pictures: Buffer[], dataAt: number): Buffer {
  const entry = (id: number, method: number, [offset, length]: [number, number]) =>
    Buffer.concat([u16(id), u16(method), u16(0), u16(1), u32(offset), u32(length)]);
  let at = dataAt;
  const entries = pictures.map((picture, index) => {
    at += picture.length;
    return entry(index + 1, 0, [at - picture.length, picture.length]);
  });
  entries.push(
    entry(pictures.length + 1, 1, [0, 8]),
    entry(pictures.length + 2, 1, [8, exif(1).length]),
  );
  return box('iloc', Buffer.of(1, 0, 0, 0, 0x44, 0), u16(entries.length), ...entries);
}

const u16 = (value: number) => Buffer.of(value >> 8, value & 255);
const u32 = (value: number) => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);
const box = (type: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u32(body.length + 8), Buffer.from(type), body]);
};
const fullBox = (type: string, ...parts: Buffer[]) => box(type, u32(0), ...parts);
const lengthPrefixed = (nal: Buffer) => Buffer.concat([u32(nal.length), nal]);

function hvcC(): Buffer {
  const head = Buffer.from('010370000000b000000000001ef000fcfdf8f800000f03', 'hex');
  const sets = [vps(), sps(), pps()].map((nal) =>
    Buffer.concat([Buffer.of(0x80 | ((nal[0] ?? 0) >> 1)), u16(1), u16(nal.length), nal]),
  );
  return Buffer.concat([head, ...sets]);
}

/** Bits, written as HEVC's syntax tables say: fixed width, or Exp-Golomb. */
class Bits {
  #bits = '';
  u(width: number, value: number) {
    this.#bits += value.toString(2).padStart(width, '0');
    return this;
  }
  ue(...values: number[]) {
    for (const value of values) {
      const code = (value + 1).toString(2);
      this.#bits += '0'.repeat(code.length - 1) + code;
    }
    return this;
  }
  bits(bits: string) {
    this.#bits += bits;
    return this;
  }
  /** A one, then zeros up to the next byte. */
  stop() {
    this.#bits += '1';
    return this.align();
  }
  align() {
    while (this.#bits.length % 8 !== 0) this.#bits += '0';
    return this;
  }
  bytes() {
    return Buffer.from(this.#bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
  }
}

/** A unit of the stream: its header, and no three bytes that look like a start code. */
function nal(type: number, body: Buffer): Buffer {
  const safe: number[] = [];
  for (const byte of body) {
    if (byte <= 3 && safe.at(-1) === 0 && safe.at(-2) === 0) safe.push(3);
    safe.push(byte);
  }
  return Buffer.from([type << 1, 1, ...safe]);
}

/** Main Still Picture, level 1. */
const profile = (bits: Bits) =>
  bits.u(8, 3).u(16, 0x7000).u(16, 0).u(4, 0b1011).u(24, 0).u(20, 0).u(8, 30);

const vps = () => {
  const bits = new Bits().u(4, 0).u(2, 3).u(6, 0).u(3, 0).u(1, 1).u(16, 0xffff);
  return nal(32, profile(bits).u(1, 1).ue(0, 0, 0).u(6, 0).ue(0).u(2, 0).stop().bytes());
};

const sps = () => {
  const bits = profile(new Bits().u(4, 0).u(3, 0).u(1, 1)).ue(0, 1, TILE, TILE).u(1, 0);
  // 8 bits; blocks of 32 px that are never split; raw samples allowed in them.
  bits.ue(0, 0, 0).u(1, 1).ue(0, 0, 0).ue(2, 0, 0, 3, 0, 0).u(3, 0);
  bits.u(1, 1).u(4, 7).u(4, 7).ue(2, 0).u(1, 1);
  return nal(33, bits.ue(0).u(5, 0).stop().bytes());
};

const pps = () => {
  const bits = new Bits().ue(0, 0).u(7, 0).ue(0, 0, 0).u(3, 0).ue(0, 0).u(7, 0);
  // No deblocking, so that samples are decoded unchanged.
  return nal(34, bits.u(3, 0b101).u(2, 0).ue(0).u(2, 0).stop().bytes());
};

function slice(colour: Tile): Buffer {
  const header = new Bits().u(2, 0b10).ue(0, 2, 0).stop();
  // Arithmetic code of "not split, raw", then the samples, then of "last block".
  const bits = header
    .bits(coded(270 - 2))
    .align()
    .bytes();
  const [y, cb, cr] = toYcc(colour);
  const samples = [Buffer.alloc(1024, y), Buffer.alloc(256, cb), Buffer.alloc(256, cr)];
  const end = new Bits()
    .bits(coded(510 - 2))
    .align()
    .bytes();
  return nal(19, Buffer.concat([bits, ...samples, end]));
}

/** What the arithmetic coder writes for a final bin when its low end stands at `low`: H.265, 9.3.4.x, flushed. */
function coded(start: number): string {
  let [low, bits, waiting] = [start, '', 0];
  const put = (bit: string) => {
    bits += bit + (bit === '0' ? '1' : '0').repeat(waiting);
    waiting = 0;
  };
  for (let step = 0; step < 7; step++) {
    if (low < 256) put('0');
    else if (low >= 512) put('1');
    else waiting++;
    low = 2 * (low >= 512 ? low - 512 : low >= 256 ? low - 256 : low);
  }
  put(String((low >> 9) & 1));
  // The coder's first bit is always zero and not written.
  return bits.slice(1) + (((low >> 7) & 3) | 1).toString(2).padStart(2, '0');
}

/** BT.601, limited range: the default of a stream without color information. */
function toYcc([r, g, b]: Tile): Tile {
  const y = 0.299 * r + 0.587 * g + 0.114 * b;
  const level = (from: number, range: number, value: number) =>
    Math.round(from + (range * value) / 255);
  return [level(16, 219, y), level(128, 224, (b - y) / 1.772), level(128, 224, (r - y) / 1.402)];
}
