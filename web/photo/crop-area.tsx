import 'react-easy-crop/react-easy-crop.css';
import { useId, useRef, useState } from 'react';
import Cropper, { type Area } from 'react-easy-crop';
import { Icon } from '../components/icon.tsx';
import type { Rectangle } from './editable-photo.ts';

const ZOOM = { min: 1, max: 4, step: 0.1 };
/** CSS px that an arrow key moves the photo; with Shift a fifth of it. */
const KEYBOARD_STEP_PX = 10;

interface Props {
  url: string;
  /** Initial crop; by default the largest centered square. */
  initial: Rectangle | undefined;
  onCrop: (crop: Rectangle) => void;
}

/** The photo under a round mask. Crop by dragging, pinching, the mouse wheel, the arrow keys or the slider. */
export function CropArea({ url, initial, onCrop }: Props) {
  const [position, setPosition] = useState({ x: 0, y: 0 });
  const [zoom, setZoom] = useState(ZOOM.min);
  const hint = useId();
  const { container, focusOnce } = useFocusOnce();
  const report = (area: Area) => {
    onCrop(toFractions(area));
    focusOnce();
  };

  return (
    <div className="crop">
      <div className="crop-area" ref={container}>
        <Cropper
          image={url}
          aspect={1}
          cropShape="round"
          showGrid={false}
          crop={position}
          zoom={zoom}
          minZoom={ZOOM.min}
          maxZoom={ZOOM.max}
          keyboardStep={KEYBOARD_STEP_PX}
          onCropChange={setPosition}
          onZoomChange={setZoom}
          onCropAreaChange={report}
          {...(initial && { initialCroppedAreaPercentages: toPercent(initial) })}
          // The content security policy allows no inline styles.
          disableAutomaticStylesInjection
          cropperProps={{ role: 'group', 'aria-label': 'Crop', 'aria-describedby': hint }}
          mediaProps={{ alt: '' }}
          // The button that had the focus is gone.
          setCropperRef={(area) => area.current?.focus()}
        />
      </div>
      <ZoomSlider zoom={zoom} onZoom={setZoom} />
      <p id={hint} className="hint">
        Drag the photo or use the arrow keys.
      </p>
    </div>
  );
}

/** Focuses the crop area once it has rendered: the button that had the focus is gone. */
function useFocusOnce() {
  const container = useRef<HTMLDivElement>(null);
  const isDone = useRef(false);
  function focusOnce() {
    const area = container.current?.querySelector<HTMLElement>('[role=group]');
    if (isDone.current || !area) return;
    area.focus();
    isDone.current = true;
  }
  return { container, focusOnce };
}

function ZoomSlider({ zoom, onZoom }: { zoom: number; onZoom: (zoom: number) => void }) {
  return (
    <label className="zoom">
      <Icon name="minus" />
      <span className="visually-hidden">Zoom</span>
      <input
        type="range"
        min={ZOOM.min}
        max={ZOOM.max}
        step={ZOOM.step}
        value={zoom}
        onChange={(event) => onZoom(Number(event.target.value))}
      />
      <Icon name="plus" />
    </label>
  );
}

const toPercent = ({ x, y, width, height }: Rectangle): Area => ({
  x: x * 100,
  y: y * 100,
  width: width * 100,
  height: height * 100,
});

/** Clamps to the photo: the API rejects a rectangle that exceeds it, if only by a rounding error. */
function toFractions(area: Area): Rectangle {
  const [x, y] = [area.x, area.y].map((start) => clamp(start / 100, 1));
  return {
    x: x ?? 0,
    y: y ?? 0,
    width: clamp(area.width / 100, 1 - (x ?? 0)),
    height: clamp(area.height / 100, 1 - (y ?? 0)),
  };
}

const clamp = (value: number, max: number) => Math.min(Math.max(value, 0), max);
