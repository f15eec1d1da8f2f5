import { useMutation } from '@apollo/client/react';
import { Link } from 'wouter';
import { SignUpDocument } from '../generated/graphql.ts';
import { Field } from '../parts/field.tsx';
import { Form } from '../parts/form.tsx';
import { useTitle } from '../parts/use-title.ts';
import { useSession } from './session.tsx';
import { Welcome } from './sign-in.tsx';

export function SignUp() {
  const { config } = useSession();
  useTitle('Create account');
  const isOpen = config.signIn === 'password' && config.signUp === 'open';
  return (
    <div className="door">
      <Welcome />
      <section className="card" aria-labelledby="sign-up">
        <h2 id="sign-up">Create account</h2>
        {isOpen ? <AccountForm /> : <p>Sign-up is closed. Ask an administrator for an account.</p>}
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
    <Form action="Create account" doing="Creating account…" onSubmit={create}>
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
            hint="3 to 30 letters, digits, dots or dashes. It is part of your address here."
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
            hint="8 characters or more."
            problem={problems.password}
          />
        </>
      )}
    </Form>
  );
}
