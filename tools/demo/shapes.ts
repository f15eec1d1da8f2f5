/** Signed distance of a point to the edge of a shape, px; negative inside. Gives smooth edges without supersampling. */
export type Shape = (x: number, y: number) => number;

/** Math.hypot takes ten times as long, to avoid overflows that cannot happen here. */
const length = (x: number, y: number) => Math.sqrt(x * x + y * y);

export const ellipse =
  (cx: number, cy: number, [rx, ry]: readonly [number, number]): Shape =>
  (x, y) => {
    const [dx, dy] = [(x - cx) / rx, (y - cy) / ry];
    const reach = length(dx, dy);
    // First-order approximation: the implicit function divided by the length of its gradient.
    return reach === 0 ? -Math.min(rx, ry) : (reach * (reach - 1)) / length(dx / rx, dy / ry);
  };

/** Line with round ends. */
export const stroke =
  (
    [ax, ay]: readonly [number, number],
    [bx, by]: readonly [number, number],
    thickness: number,
  ): Shape =>
  (x, y) => {
    const [dx, dy] = [bx - ax, by - ay];
    const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);
    const nearest = Math.min(Math.max(along, 0), 1);
    return length(x - ax - nearest * dx, y - ay - nearest * dy) - thickness / 2;
  };

export const above =
  (edge: number): Shape =>
  (_x, y) =>
    y - edge;
export const below =
  (edge: number): Shape =>
  (_x, y) =>
    edge - y;

export const both =
  (one: Shape, other: Shape): Shape =>
  (x, y) =>
    Math.max(one(x, y), other(x, y));
export const either = (first: Shape, ...others: Shape[]): Shape =>
  others.reduce((one, other) => (x, y) => Math.min(one(x, y), other(x, y)), first);
export const without =
  (shape: Shape, hole: Shape): Shape =>
  (x, y) =>
    Math.max(shape(x, y), -hole(x, y));
/** Outline of a shape. */
export const outline =
  (shape: Shape, thickness: number): Shape =>
  (x, y) =>
    Math.abs(shape(x, y)) - thickness / 2;
