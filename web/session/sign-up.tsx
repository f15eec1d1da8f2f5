import { useMutation } from '@apollo/client/react';
import { Link } from 'wouter';
import { Field } from '../components/field.tsx';
import { Form } from '../components/form.tsx';
import { useTitle } from '../components/use-title.ts';
import { SignUpDocument } from '../generated/graphql.ts';
import { useSession } from './session.tsx';
import { Welcome } from './sign-in.tsx';

export function SignUp() {
  const { config } = useSession();
  useTitle('Create an account');
  const isOpen = config.signIn === 'password' && config.signUp === 'open';
  return (
    <div className="auth">
      <Welcome />
      <section className="card" aria-labelledby="sign-up">
        <h2 id="sign-up">Create an account</h2>
        {isOpen ? (
          <AccountForm />
        ) : (
          <p>Only admins can create accounts here. Ask an admin for one.</p>
        )}
        <p className="other">
          Already have an account? <Link href="/sign-in">Sign in</Link>
        </p>
      </section>
    </div>
  );
}

function AccountForm() {
  const { signIn } = useSession();
  const [signUp] = useMutation(SignUpDocument);

  async function create({ username = '', email = '', password = '', ...names }) {
    await signUp({ variables: { input: { ...names, username, email, password } } });
    await signIn(email, password);
  }

  return (
    <Form action="Create account" busyLabel="Creating account…" onSubmit={create}>
      {(problems) => (
        <>
          <div className="pair">
            <Field label="First name" name="firstName" autoComplete="given-name" maxLength={100} />
            <Field label="Last name" name="lastName" autoComplete="family-name" maxLength={100} />
          </div>
          <Field
            label="Username"
            name="username"
            autoComplete="nickname"
            autoCapitalize="none"
            spellCheck={false}
            required
            minLength={3}
            maxLength={30}
            hint="3 to 30 letters, digits, dots or dashes. Part of your profile's address."
            problem={problems.username}
          />
          <Field
            label="E-mail address"
            name="email"
            type="email"
            autoComplete="username"
            required
            problem={problems.email}
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={8}
            maxLength={200}
            hint="At least 8 characters."
            problem={problems.password}
          />
        </>
      )}
    </Form>
  );
}
