import { useEffect, useState } from 'react';
import { Icon } from '../components/icon.tsx';
import { type Filters, PHOTOS, ROLES, SORTS } from './filters.ts';

/** ms without typing before the search starts. */
const SEARCH_DELAY_MS = 250;

interface Props {
  filters: Filters;
  onChange: (change: Partial<Filters>) => void;
}

export function Controls({ filters, onChange }: Props) {
  return (
    <search className="controls">
      <SearchBox search={filters.search} onSearch={(search) => onChange({ search })} />
      <Select
        label="Photo"
        options={PHOTOS}
        value={filters.photo}
        onSelect={(photo) => onChange({ photo })}
      />
      <Select
        label="Role"
        options={ROLES}
        value={filters.role}
        onSelect={(role) => onChange({ role })}
      />
      <Select
        label="Sort by"
        options={SORTS}
        value={filters.sort}
        onSelect={(sort) => onChange({ sort })}
      />
    </search>
  );
}

function SearchBox({ search, onSearch }: { search: string; onSearch: (text: string) => void }) {
  const [text, setText] = useState(search);
  useEffect(() => {
    if (text === search) return;
    const timer = setTimeout(() => onSearch(text), SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [text, search, onSearch]);

  return (
    <label className="search">
      <Icon name="search" />
      <span className="visually-hidden">Search people</span>
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

interface SelectProps<Key extends string> {
  label: string;
  options: Record<Key, string>;
  value: Key;
  onSelect: (value: Key) => void;
}

function Select<Key extends string>({ label, options, value, onSelect }: SelectProps<Key>) {
  const keys = Object.keys(options) as Key[];
  return (
    <label className="choice">
      <span className="visually-hidden">{label}</span>
      <select value={value} onChange={(event) => onSelect(event.target.value as Key)}>
        {keys.map((key) => (
          <option key={key} value={key}>
            {options[key]}
          </option>
        ))}
      </select>
    </label>
  );
}
