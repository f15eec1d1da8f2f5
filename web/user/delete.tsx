import { useMutation } from '@apollo/client/react';
import { useLocation } from 'wouter';
import { failure } from '../api/failure.ts';
import { nameOf } from '../components/avatar.tsx';
import { Field } from '../components/field.tsx';
import { Form } from '../components/form.tsx';
import { Modal } from '../components/modal.tsx';
import { DeleteUserDocument, type UserDetailsFragment } from '../generated/graphql.ts';
import { useSession, useViewer } from '../session/session.tsx';

interface Props {
  user: UserDetailsFragment;
  onClose: () => void;
}

/** Dialog that deletes an account after the user has typed its username: deletion cannot be undone. */
export function DeleteUser({ user, onClose }: Props) {
  const isOwn = useViewer().id === user.id;
  const { signOut } = useSession();
  const [, goTo] = useLocation();
  const [deleteUser, { client }] = useMutation(DeleteUserDocument);

  async function confirm({ confirmation = '' }) {
    if (confirmation.trim().toLowerCase() !== user.username.toLowerCase()) {
      const message = `This does not match. Type ${user.username} to confirm.`;
      throw failure('BAD_USER_INPUT', message, { fields: { confirmation: message } });
    }
    await deleteUser({ variables: { id: user.id } });
    if (isOwn) signOut('Your account and all your photos have been deleted.');
    else goTo('/');
    client.cache.evict({ id: `User:${user.id}` });
    client.cache.evict({ fieldName: 'users' });
  }

  return (
    <Modal title={`Delete ${isOwn ? 'your account' : nameOf(user)}?`} onClose={onClose}>
      <p>
        This permanently deletes the account, its profile and all its photos. It cannot be undone.
      </p>
      <Form
        action="Delete permanently"
        busyLabel="Deleting…"
        onSubmit={confirm}
        aside={
          <button type="button" className="button quiet" onClick={onClose}>
            Cancel
          </button>
        }
      >
        {(problems) => (
          <Field
            label={`Type ${user.username} to confirm`}
            name="confirmation"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            problem={problems.confirmation}
          />
        )}
      </Form>
    </Modal>
  );
}
