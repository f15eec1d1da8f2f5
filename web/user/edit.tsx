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
  user: UserDetailsFragment;
  onClose: () => void;
}

export function EditUser({ user, onClose }: Props) {
  const save = useSave(user);
  return (
    <Modal title={`Edit ${user.username}`} onClose={onClose}>
      <Form
        action="Save"
        busyLabel="Saving…"
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
        {(problems) => <EditFields user={user} problems={problems} />}
      </Form>
    </Modal>
  );
}

/** Saves the changed fields, the account first: it may be rejected, and then nothing is saved. */
function useSave(user: UserDetailsFragment) {
  const [editUser] = useMutation(EditUserDocument);
  const [editProfile] = useMutation(EditProfileDocument);
  const [createProfile] = useMutation(CreateProfileDocument);
  const { signOut } = useSession();
  const isOwn = useViewer().id === user.id;
  const [, goTo] = useLocation();

  return async ({ displayName = '', bio = '', ...account }: Record<string, string>) => {
    const { profile } = user;
    const input = changedFields(user, account);
    const texts = changedFields(profile, { displayName, bio });
    if (Object.keys(input).length > 0) await editUser({ variables: { id: user.id, input } });

    const id =
      profile?.id ??
      (await createProfile({ variables: { userId: user.id } })).data?.createProfile.id;
    if (id && Object.keys(texts).length > 0) await editProfile({ variables: { id, input: texts } });

    if (isOwn && input.password) signOut('Password changed. Sign in with your new password.');
    else if (input.username) goTo(`/people/${input.username}`, { replace: true });
  };
}

/** Picks the fields that differ from the stored ones; an absent value equals an empty text. */
function changedFields(stored: object | null | undefined, fields: Record<string, string>) {
  const values = new Map<string, unknown>(Object.entries(stored ?? {}));
  return Object.fromEntries(
    Object.entries(fields).filter(([name, text]) => text !== (values.get(name) ?? '')),
  );
}
