interface Form {
  url: string;
  fields: { name: string; value: string }[];
}

/** Does what a browser does with the form of a direct upload. */
export async function sendForm({ url, fields }: Form, file: Uint8Array, type = 'image/jpeg') {
  const form = new FormData();
  for (const { name, value } of fields) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(file)], { type }), 'photo');
  return fetch(url, { method: 'POST', body: form });
}
