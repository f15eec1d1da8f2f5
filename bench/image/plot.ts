/** Draws the CPU times as bars: SVG that needs nothing but a browser. */
import type { Outcome } from './report.ts';

const LEFT = 190;
const RIGHT = 70;
const WIDTH = 760;
const BAR = 16;
const COLORS: Readonly<Record<string, string>> = {
  ours: '#1a7f37',
  floor: '#8c959f',
  naive: '#0969da',
  Pillow: '#bc4c00',
};
const NAMES: Readonly<Record<string, string>> = {
  ours: 'Portrait',
  floor: 'floor: decode and encode',
  naive: 'sharp, used naively',
  Pillow: 'Pillow',
};

/** Bars of the contestants that fit on one scale, for each photo. */
export function plot(outcomes: readonly Outcome[]): string {
  const groups = outcomes.map(({ photo, results }) => ({
    label: `${photo.label}, ${((photo.width * photo.height) / 1e6).toFixed(1)} Mpx`,
    bars: [...results].filter(([name]) => name in COLORS).map(([name, { cpu }]) => ({ name, cpu })),
  }));
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ cpu }) => cpu)));
  const scale = (WIDTH - LEFT - RIGHT) / most;
  const parts: string[] = [];
  let y = 50;
  for (const { label, bars } of groups) {
    y += 14;
    parts.push(text(at(8, y + BAR - 4), label, 'font-weight="600"'));
    y += BAR + 4;
    for (const { name, cpu } of bars) {
      const width = Math.max(1, cpu * scale).toFixed(1);
      parts.push(
        text(at(LEFT - 8, y + BAR - 5), NAMES[name] ?? name, 'text-anchor="end"'),
        `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR - 3}" fill="${COLORS[name]}"/>`,
        text(at(LEFT + Number(width) + 6, y + BAR - 5), `${Math.round(cpu)} ms`),
      );
      y += BAR;
    }
  }
  return page(y + 16, spoken(groups), parts);
}

type Groups = { label: string; bars: { name: string; cpu: number }[] }[];

/** The figures as text, for screen readers. */
const spoken = (groups: Groups) =>
  groups
    .map(({ label, bars }) => {
      const figures = bars.map(({ name, cpu }) => `${NAMES[name]} ${Math.round(cpu)}`);
      return `${label}: ${figures.join(', ')}.`;
    })
    .join(' ');

const page = (height: number, description: string, parts: string[]) => `\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description"
  font-family="system-ui, sans-serif" font-size="12" fill="#1f2328">
<title id="title">CPU time for all ten pictures of a photo, ms: less is better</title>
<desc id="description">${description}</desc>
<rect width="100%" height="100%" fill="#ffffff"/>
${text(at(8, 26), 'CPU time for all ten pictures of a photo, ms (less is better)', 'font-size="15" font-weight="600"')}
${parts.join('\n')}
</svg>
`;

const text = (place: string, words: string, style = '') =>
  `<text ${place} ${style}>${words}</text>`;

const at = (x: number, y: number) => `x="${x.toFixed(0)}" y="${y}"`;
