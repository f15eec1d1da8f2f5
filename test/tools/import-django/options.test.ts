import { expect, test } from 'vitest';
import { readOptions } from '../../../tools/import-django/options.ts';

const FROM = ['--from', 'postgres://localhost/django'];

test('defaults to the names of Django, and accepts others', () => {
  const defaults = readOptions(FROM);
  const given = readOptions([
    ...FROM,
    ...['--table', 'old.person', '--profile-table', 'old.profile', '--to', 'https://p.example/'],
    ...['--column', 'username=login', '--column', 'first_name='],
  ]);

  expect(defaults).toMatchObject({
    to: 'http://127.0.0.1:4000',
    tables: { users: 'auth_user', profiles: undefined, columns: { email: 'email', image: '' } },
  });
  expect(given).toMatchObject({
    to: 'https://p.example',
    tables: {
      ...{ users: 'old.person', profiles: 'old.profile' },
      columns: { username: 'login', first_name: '', image: 'image', user_id: 'user_id' },
    },
  });
});

test.each([
  ['no database', [], '--from must be'],
  ['another database', ['--from', 'mysql://localhost/django'], '--from must be'],
  ['an invalid URL of Portrait', [...FROM, '--to', 'localhost'], '--to must be'],
  ['two image locations', [...FROM, '--bucket', 'a', '--media', 'b'], 'not both'],
  ['an unknown column', [...FROM, '--column', 'mail=email'], 'must be one of id, username'],
  ['no id column', [...FROM, '--column', 'id='], 'must be one of id, username'],
  ['no concurrency', [...FROM, '--at-once', '0'], '--at-once must be'],
  ['positional arguments', [...FROM, 'postgres://localhost/other'], 'Unexpected argument'],
])('rejects %s', (_, args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
