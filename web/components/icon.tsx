/** SVG paths on a 24 × 24 grid. */
const STROKES = {
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 10.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6',
  close: 'M6 6l12 12M18 6 6 18',
  crop: 'M7 2v15h15M2 7h15v15',
  check: 'm5 13 4 4L19 7',
  'sign-out': 'M10 5H5v14h5M10 12h10M16 8l4 4-4 4',
  minus: 'M6 12h12',
  pencil: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  photo: 'M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 5M15.5 9.5h.01',
  plus: 'M6 12h12M12 6v12',
  search: 'M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M20 20l-4.5-4.5',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  warning: 'M12 4 3 19h18zM12 10v4M12 16.5h.01',
} as const;

/** Decorative icon: its meaning must be in the text next to it. */
export const Icon = ({ name }: { name: keyof typeof STROKES }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={STROKES[name]} />
  </svg>
);
