package provider_test

import (
	"testing"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
)

// The other way round: whoever comes upstream under an address that is not theirs gets an account of that name, and its
// mailbox must not be led into it by a forgotten password.
func TestG12AForgottenPasswordLeadsNobodyIntoAnAccountMadeUpstreamUnderTheirAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.globex, federation.OIDC).exempt(policy.Skip).says("email", "victim@globex.test", "email_verified", false)
	b := w.browser()
	f := b.authorize(w.web, "tenant", "globex")
	b.expect("identify").press(u)
	b.follow(u)
	b.told(f)
	forgotten := w.browser().forgot(w.web, "globex", "victim@globex.test").submit()
	if sent := w.count("SELECT count(*) FROM messages WHERE kind = 'password.reset'"); sent != 0 || forgotten.status != 200 {
		t.Errorf("%d mails lead there; the page says %d", sent, forgotten.status)
	}
	w.exec("UPDATE users SET email_confirmed_at = now() WHERE email = 'victim@globex.test'")
	w.browser().forgot(w.web, "globex", "victim@globex.test").submit()
	if sent := w.count("SELECT count(*) FROM messages WHERE kind = 'password.reset'"); sent != 1 {
		t.Errorf("%d mails to a mailbox that was shown", sent)
	}
}
