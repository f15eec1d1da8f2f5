import 'react-easy-crop/react-easy-crop.css';
import { useId, useRef, useState } from 'react';
import Cropper, { type Area } from 'react-easy-crop';
import { Icon } from '../components/icon.tsx';
import type { Rectangle } from './editable-photo.ts';

const ZOOM = { least: 1, most: 4, step: 0.1 };
/** CSS px that an arrow key moves the photo; with Shift a fifth of it. */
const STEP = 10;

interface Props {
  url: string;
  /** The frame to begin with; without it the largest in the middle. */
  initial: Rectangle | undefined;
  onFrame: (frame: Rectangle) => void;
}

/** The photo under a round mask: drag it, pinch it, turn the wheel, or use the arrow keys and the slider. */
export function CropArea({ url, initial, onFrame }: Props) {
  const [position, setPosition] = useState({ x: 0, y: 0 });
  const [zoom, setZoom] = useState(ZOOM.least);
  const hint = useId();
  const { place, focusOnce } = useFocusOnce();
  const report = (area: Area) => {
    onFrame(inFractions(area));
    focusOnce();
  };

  return (
    <div className="crop">
      <div className="crop-area" ref={place}>
        <Cropper
          image={url}
          aspect={1}
          cropShape="round"
          showGrid={false}
          crop={position}
          zoom={zoom}
          minZoom={ZOOM.least}
          maxZoom={ZOOM.most}
          keyboardStep={STEP}
          onCropChange={setPosition}
          onZoomChange={setZoom}
          onCropAreaChange={report}
          {...(initial && { initialCroppedAreaPercentages: inPercent(initial) })}
          // The page's security policy takes no styles but its own files'.
          disableAutomaticStylesInjection
          cropperProps={{ role: 'group', 'aria-label': 'Frame', 'aria-describedby': hint }}
          mediaProps={{ alt: '' }}
          // What was pressed to get here is gone: go on with the frame.
          setCropperRef={(area) => area.current?.focus()}
        />
      </div>
      <ZoomSlider zoom={zoom} onZoom={setZoom} />
      <p id={hint} className="hint">
        Drag the photo, or move it with the arrow keys.
      </p>
    </div>
  );
}

/** What was pressed to get here is gone: focus goes on to the mask, as soon as the cropper has drawn it. */
function useFocusOnce() {
  const place = useRef<HTMLDivElement>(null);
  const isDone = useRef(false);
  function focusOnce() {
    const mask = place.current?.querySelector<HTMLElement>('[role=group]');
    if (isDone.current || !mask) return;
    mask.focus();
    isDone.current = true;
  }
  return { place, focusOnce };
}

function ZoomSlider({ zoom, onZoom }: { zoom: number; onZoom: (zoom: number) => void }) {
  return (
    <label className="zoom">
      <Icon name="minus" />
      <span className="for-readers">Zoom</span>
      <input
        type="range"
        min={ZOOM.least}
        max={ZOOM.most}
        step={ZOOM.step}
        value={zoom}
        onChange={(event) => onZoom(Number(event.target.value))}
      />
      <Icon name="plus" />
    </label>
  );
}

const inPercent = ({ x, y, width, height }: Rectangle): Area => ({
  x: x * 100,
  y: y * 100,
  width: width * 100,
  height: height * 100,
});

/** Rounding may leave the photo by a hair, which the API refuses. */
function inFractions(area: Area): Rectangle {
  const [x, y] = [area.x, area.y].map((start) => within(start / 100, 1));
  return {
    x: x ?? 0,
    y: y ?? 0,
    width: within(area.width / 100, 1 - (x ?? 0)),
    height: within(area.height / 100, 1 - (y ?? 0)),
  };
}

const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
