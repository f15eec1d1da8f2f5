import { useEffect, useState } from 'react';
import { Icon } from '../components/icon.tsx';
import { PHOTOS, ROLES, SORTS, type Wishes } from './filters.ts';

/** ms without another letter until a search is asked for. */
const PAUSE = 250;

interface Props {
  wishes: Wishes;
  onWish: (change: Partial<Wishes>) => void;
}

export function Controls({ wishes, onWish }: Props) {
  return (
    <search className="controls">
      <SearchBox search={wishes.search} onSearch={(search) => onWish({ search })} />
      <Choice
        label="Photo"
        choices={PHOTOS}
        value={wishes.photo}
        onChoose={(photo) => onWish({ photo })}
      />
      <Choice
        label="Role"
        choices={ROLES}
        value={wishes.role}
        onChoose={(role) => onWish({ role })}
      />
      <Choice
        label="Order"
        choices={SORTS}
        value={wishes.sort}
        onChoose={(sort) => onWish({ sort })}
      />
    </search>
  );
}

function SearchBox({ search, onSearch }: { search: string; onSearch: (text: string) => void }) {
  const [text, setText] = useState(search);
  useEffect(() => {
    if (text === search) return;
    const timer = setTimeout(() => onSearch(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text, search, onSearch]);

  return (
    <label className="search">
      <Icon name="search" />
      <span className="for-readers">Search people</span>
      <input
        type="search"
        placeholder="Search by name"
        value={text}
        maxLength={100}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}

interface ChoiceProps<Key extends string> {
  label: string;
  choices: Record<Key, string>;
  value: Key;
  onChoose: (value: Key) => void;
}

function Choice<Key extends string>({ label, choices, value, onChoose }: ChoiceProps<Key>) {
  const keys = Object.keys(choices) as Key[];
  return (
    <label className="choice">
      <span className="for-readers">{label}</span>
      <select value={value} onChange={(event) => onChoose(event.target.value as Key)}>
        {keys.map((key) => (
          <option key={key} value={key}>
            {choices[key]}
          </option>
        ))}
      </select>
    </label>
  );
}
