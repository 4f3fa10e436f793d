// Package webauthn is the security key and the passkey: Web Authentication Level 3 for one relying party.
//
// It makes the options that a browser is asked with, judges what comes back, and says what to keep of a new
// credential. It stores nothing and reads no clock: the caller seals Credential.Secret, consumes the counter of a
// mfa.Match with one conditional update, and audits a *Regressed. Callers are the steps of provider/signin and
// provider/account, which also draw the pages.
//
// # Challenges are derived, not stored
//
// A challenge must be unpredictable, belong to one ceremony, die soon and work once (WebAuthn 13.4.3). Challenge
// derives it from a secret key, the purpose, the tenant, the attempt, the version of the attempt and the time of
// issue. Nobody without the key knows it before the page shows it; a signature over it fits no other purpose, tenant
// or attempt; and the caller moves the version with every accepted answer, by one update that demands the old
// version. That update is what deleting a stored challenge would be: of fifty answers at once one moves the version,
// and the others, like every replay, are judged against a challenge that nobody has signed. The time of issue travels
// through the browser; changing it changes the challenge, so it cannot be moved. The caller must check it with Fresh.
// A table of challenges could do no more, and would let strangers fill it.
//
// # What attestation is worth
//
// With Rules.Attestation a maker's certificate must have signed the new key; a key that vouches for itself does not
// do. Without a metadata service the chain of certificates ends at no root that we know (but for Apple's and
// Android's, which the library carries): whoever builds his own authenticator can also make up its maker. The rule
// keeps people to the models they were given; it is no proof against an owner who wants around it.
//
// # Dependencies
//
// go-webauthn (fixed by the customer) parses CBOR and verifies signatures and attestation; of it only the protocol
// packages are used. It reaches net/http for functions that we do not call, fetches nothing, and reads the clock for
// the validity of attestation certificates. google/uuid reads AAGUIDs, as in storage/id.
package webauthn

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"sallyport/mfa"
)

// ErrRelyingParty says that no browser would use credentials for such a relying party.
var ErrRelyingParty = errors.New("unusable relying party")

// RelyingParty is whom credentials belong to (WebAuthn 4): the domain ID, and the one origin that may ask for them.
type RelyingParty struct {
	ID, Name string
	Origin   string
}

// Factor is WebAuthn for one relying party; it implements mfa.Factor and is safe for use by many at once.
type Factor struct{ rp RelyingParty }

// New makes the factor of a relying party. The origin is spelled as browsers spell it, has the domain ID or one below
// it, and is https but for localhost; other errors wrap ErrRelyingParty. Public suffixes are left to the browser.
func New(rp RelyingParty) (*Factor, error) {
	u, err := url.Parse(rp.Origin)
	if err != nil {
		return nil, fmt.Errorf("%w: origin: %w", ErrRelyingParty, err)
	}
	host := u.Hostname()
	switch {
	case rp.ID == "" || rp.Name == "":
		return nil, fmt.Errorf("%w: it has no domain or no name", ErrRelyingParty)
	case rp.Origin != strings.ToLower(u.Scheme+"://"+u.Host) || u.Port() == standard[u.Scheme] && u.Port() != "":
		return nil, fmt.Errorf("%w: %q is not spelled as an origin", ErrRelyingParty, rp.Origin)
	case host != rp.ID && !strings.HasSuffix(host, "."+rp.ID):
		return nil, fmt.Errorf("%w: %q is not in the domain %q", ErrRelyingParty, rp.Origin, rp.ID)
	case u.Scheme != "https" && (u.Scheme != "http" || !local(host)):
		return nil, fmt.Errorf("%w: %q is no secure context", ErrRelyingParty, rp.Origin)
	}
	return &Factor{rp: rp}, nil
}

// standard are the ports that browsers leave out of an origin.
var standard = map[string]string{"https": "443", "http": "80"}

func local(host string) bool { return host == "localhost" || strings.HasSuffix(host, ".localhost") }

// Kind is mfa.WebAuthn.
func (f *Factor) Kind() mfa.Kind { return mfa.WebAuthn }
