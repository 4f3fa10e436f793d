package signin

import (
	"strconv"
	"time"

	"sallyport/mfa/webauthn"
)

// unsigned is a challenge that nothing was ever signed for: it stands for one that came too late.
var unsigned = make([]byte, 32)

// challenge is what the browser's authenticator was to sign for this step, when it was shown at the time named.
func (s *SignIn) challenge(v *visit, p webauthn.Purpose, issued string) []byte {
	unix, err := strconv.ParseInt(issued, 10, 64)
	if at := time.Unix(unix, 0); err == nil && webauthn.Fresh(at, v.now) {
		return webauthn.Challenge(s.Pepper, p, v.a.Tenant, v.a.ID, v.a.Version(), at)
	}
	return unsigned
}

// issue is the challenge of now, with its time as the form brings it back.
func (s *SignIn) issue(v *visit, p webauthn.Purpose) (challenge []byte, issued string) {
	issued = strconv.FormatInt(v.now.Unix(), 10)
	return s.challenge(v, p, issued), issued
}

// request is what the page asks of the person's keys.
func (s *SignIn) request(v *visit) (options, issued string, err error) {
	challenge, issued := s.issue(v, webauthn.Second)
	keys, err := s.secrets(v, v.factors(s.Keys.Kind()))
	if err != nil {
		return "", "", err
	}
	options, err = s.Keys.Request(challenge, keys, v.d.UserVerification)
	return options, issued, err
}

// anyKey asks for a key that knows whose it is. It names none: which keys an address has is nobody's business before a
// first proof (gauntlet J01).
func (s *SignIn) anyKey(v *visit) (options, issued string, err error) {
	challenge, issued := s.issue(v, webauthn.Passkey)
	options, err = s.Keys.Request(challenge, nil, true)
	return options, issued, err
}
