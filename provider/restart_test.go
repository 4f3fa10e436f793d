package provider_test

import "testing"

func TestWhoeverMistypesAnAddressOfAnotherTenantGoesOnWithTheNextOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, bob := w.person(w.acme, "alice@acme.test"), w.person(w.globex, "bob@globex.test")
	for _, second := range []string{bob.email, "nobody@nowhere.test"} {
		b := w.browser()
		f := b.authorize(w.web)
		b.expect("identify").submit("email", alice.email).expect("password")
		b.get(b.attempt()+"/identify").expect("identify").submit("email", second).expect("password")
		b.submit("password", password)
		switch {
		case second == bob.email:
			if told := b.told(f); told["sub"] != bob.id.String() {
				t.Errorf("signed in as %v", told["sub"])
			}
		case b.expect("password").status != 422:
			t.Errorf("%s: %d", second, b.status)
		}
	}
}
