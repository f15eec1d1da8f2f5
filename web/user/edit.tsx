import { useMutation } from '@apollo/client/react';
import { useLocation } from 'wouter';
import { Form } from '../components/form.tsx';
import { Modal } from '../components/modal.tsx';
import {
  CreateProfileDocument,
  EditProfileDocument,
  EditUserDocument,
  type UserDetailsFragment,
} from '../generated/graphql.ts';
import { useSession, useViewer } from '../session/session.tsx';
import { EditFields } from './edit-fields.tsx';

interface Props {
  person: UserDetailsFragment;
  onClose: () => void;
}

export function EditUser({ person, onClose }: Props) {
  const save = useSave(person);
  return (
    <Modal title={`Edit ${person.username}`} onClose={onClose}>
      <Form
        action="Save"
        doing="Saving…"
        onSubmit={async (values) => {
          await save(values);
          onClose();
        }}
        aside={
          <button type="button" className="button quiet" onClick={onClose}>
            Cancel
          </button>
        }
      >
        {(problems) => <EditFields person={person} problems={problems} />}
      </Form>
    </Modal>
  );
}

/** Sends what was changed: the account first, since it is what may be refused. */
function useSave(person: UserDetailsFragment) {
  const [editUser] = useMutation(EditUserDocument);
  const [editProfile] = useMutation(EditProfileDocument);
  const [createProfile] = useMutation(CreateProfileDocument);
  const { signOut } = useSession();
  const isOwn = useViewer().id === person.id;
  const [, goTo] = useLocation();

  return async ({ displayName = '', bio = '', ...account }: Record<string, string>) => {
    const { profile } = person;
    const input = changesOf(person, account);
    const texts = changesOf(profile, { displayName, bio });
    if (Object.keys(input).length > 0) await editUser({ variables: { id: person.id, input } });

    const id =
      profile?.id ??
      (await createProfile({ variables: { userId: person.id } })).data?.createProfile.id;
    if (id && Object.keys(texts).length > 0) await editProfile({ variables: { id, input: texts } });

    if (isOwn && input.password) signOut('Your password is changed. Sign in with the new one.');
    else if (input.username) goTo(`/people/${input.username}`, { replace: true });
  };
}

/** What differs from what is there; nothing and an empty text are the same. */
function changesOf(there: object | null | undefined, fields: Record<string, string>) {
  const now = new Map<string, unknown>(Object.entries(there ?? {}));
  return Object.fromEntries(
    Object.entries(fields).filter(([name, text]) => text !== (now.get(name) ?? '')),
  );
}
