import { type Canvas, openCanvas, shade } from './canvas.ts';
import { encodePng } from './png.ts';
import {
  above,
  below,
  both,
  either,
  ellipse,
  outline,
  type Shape,
  stroke,
  without,
} from './shapes.ts';

const HAIR = ['short', 'long', 'bun', 'curls', 'bob', 'none'] as const;

/** Appearance of a user. */
export interface Look {
  skin: string;
  hair: { color: string; cut: (typeof HAIR)[number] };
  clothes: string;
  wall: [string, string];
  glasses?: boolean;
  beard?: boolean;
  /** Color of a disk behind the head. */
  sun?: string;
}

/** px; taller than wide, so that there is something to crop. */
const WIDTH = 480;
const HEIGHT = 600;
/** Center of the face, px. */
const X = 240;
const Y = 270;

/** Draws a portrait from back to front. @returns a PNG */
export function drawPortrait(look: Look): Buffer<ArrayBuffer> {
  const canvas = openCanvas(WIDTH, HEIGHT, look.wall);
  if (look.sun) canvas.paint(ellipse(X, Y - 20, [196, 196]), look.sun);
  canvas.paint(hairBehind(look), shade(look.hair.color, -0.18));
  drawBody(canvas, look);
  drawHead(canvas, look);
  drawFace(canvas, look);
  canvas.paint(hairInFront(look), look.hair.color);
  if (look.glasses) canvas.paint(GLASSES, '#2b2523');
  return encodePng(canvas.image);
}

const FACE = ellipse(X, Y, [92, 114]);
const NOTHING: Shape = () => 1e6;

function hairBehind({ hair }: Look): Shape {
  const around = ellipse(X, Y - 28, [116, 128]);
  switch (hair.cut) {
    case 'long':
      return either(
        around,
        both(ellipse(X, Y + 40, [132, 220]), both(below(Y - 40), above(Y + 190))),
      );
    case 'bob':
      return either(around, both(ellipse(X, Y + 10, [130, 150]), above(Y + 104)));
    case 'bun':
      return either(ellipse(X, Y - 30, [106, 118]), ellipse(X, Y - 160, [52, 48]));
    case 'curls':
      return either(NOTHING, ...CURLS.map(([dx, dy]) => ellipse(X + dx, Y + dy, [52, 52])));
    case 'short':
      return ellipse(X, Y - 30, [104, 116]);
    case 'none':
      return NOTHING;
  }
}

const CURLS = [
  [-98, 10],
  [-102, -52],
  [-76, -104],
  [-28, -134],
  [28, -134],
  [76, -104],
  [102, -52],
  [98, 10],
] as const;

function drawBody(canvas: Canvas, { skin, clothes }: Look) {
  const shoulders = ellipse(X, 650, [218, 204]);
  canvas.paint(shoulders, clothes);
  canvas.paint(both(shoulders, ellipse(X, 446, [84, 56])), shade(clothes, 0.22));
  const neck = either(stroke([X, 350], [X, 440], 84), ellipse(X, 450, [64, 34]));
  canvas.paint(neck, shade(skin, -0.1));
  canvas.paint(both(neck, ellipse(X, 350, [84, 54])), shade(skin, -0.24));
}

function drawHead(canvas: Canvas, { skin, beard, hair }: Look) {
  for (const side of [-1, 1]) {
    canvas.paint(ellipse(X + side * 92, Y + 12, [18, 26]), shade(skin, -0.12));
  }
  canvas.paint(FACE, skin);
  canvas.paint(without(FACE, ellipse(X - 26, Y - 4, [100, 124])), shade(skin, -0.12));
  if (!beard) return;
  const mouth = ellipse(X, Y + 62, [34, 16]);
  const cheeks = ellipse(X, Y - 12, [84, 66]);
  canvas.paint(without(without(both(FACE, below(Y + 6)), cheeks), mouth), hair.color);
}

function drawFace(canvas: Canvas, { skin, hair }: Look) {
  const brow = hair.cut === 'none' ? shade(skin, -0.55) : shade(hair.color, -0.2);
  for (const side of [-1, 1]) {
    const eye = X + side * 38;
    canvas.paint(ellipse(eye, Y - 4, [15, 10]), '#fffaf3');
    canvas.paint(ellipse(eye, Y - 4, [8.5, 9.5]), '#33261f');
    canvas.paint(ellipse(eye + 3, Y - 7, [2.6, 2.6]), '#ffffff');
    canvas.paint(stroke([eye - 17, Y - 27 + side], [eye + 17, Y - 27 - side], 7), brow);
    canvas.paint(ellipse(X + side * 52, Y + 34, [26, 18]), '#e2584a', { alpha: 0.18, soft: 26 });
  }
  canvas.paint(stroke([X + 2, Y + 4], [X + 9, Y + 30], 8), shade(skin, -0.22));
  const smile = both(ellipse(X, Y + 52, [32, 22]), below(Y + 56));
  canvas.paint(smile, '#8e2f2b');
  canvas.paint(both(smile, above(Y + 62)), '#fff4ea');
}

function hairInFront({ hair }: Look): Shape {
  const cap = both(ellipse(X, Y - 34, [100, 100]), above(Y - 30));
  switch (hair.cut) {
    case 'short':
      return without(cap, ellipse(X - 26, Y + 6, [102, 76]));
    case 'long':
      return without(
        cap,
        either(ellipse(X - 62, Y + 22, [72, 104]), ellipse(X + 62, Y + 22, [72, 104])),
      );
    case 'bob':
      return without(cap, ellipse(X, Y + 12, [120, 78]));
    case 'bun':
      return without(cap, ellipse(X, Y + 10, [92, 92]));
    case 'curls':
      return both(
        either(NOTHING, ...[-60, -20, 22, 62].map((dx) => ellipse(X + dx, Y - 92, [34, 32]))),
        above(Y - 60),
      );
    case 'none':
      return NOTHING;
  }
}

const GLASSES = either(
  outline(ellipse(X - 40, Y - 2, [31, 28]), 6),
  outline(ellipse(X + 40, Y - 2, [31, 28]), 6),
  stroke([X - 10, Y - 6], [X + 10, Y - 6], 6),
  stroke([X - 70, Y - 8], [X - 90, Y - 12], 6),
  stroke([X + 70, Y - 8], [X + 90, Y - 12], 6),
);
