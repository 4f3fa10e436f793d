// Package totp is the authenticator app: time-based one-time passwords by RFC 6238.
//
// It makes seeds, shows them and matches codes. Which step was used last is stored by the caller, who
// consumes a step with one conditional update; this package only names the step that a code belongs to.
// provider/signin calls it: Match at enrolment, Factor ever after.
//
// Dependency: pquerna/otp (fixed by the customer) computes codes and draws the QR code; it has neither
// replay protection nor a counter, both are ours.
package totp

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"sallyport/mfa/code/spelling"
)

// What every authenticator app understands: SHA-1, six digits, thirty seconds.
const (
	Period     = 30 * time.Second
	seedLength = 20 // bytes: 160 bits, the length of a SHA-1 key (RFC 4226 4, R6)
)

// NewSeed makes a random seed.
func NewSeed() []byte {
	seed := make([]byte, seedLength)
	if _, err := rand.Read(seed); err != nil {
		panic(err) // crypto/rand never fails
	}
	return seed
}

var base = base32.StdEncoding.WithPadding(base32.NoPadding)

// Groups is the seed as a person types it: base32 in groups of four.
func Groups(seed []byte) []string {
	text := base.EncodeToString(seed)
	var groups []string
	for len(text) > 4 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return append(groups, text)
}

// QR draws the key URI as a PNG of size pixels.
func QR(seed []byte, issuer, account string, size int) ([]byte, error) {
	key, err := otp.NewKeyFromURL(uri(seed, issuer, account))
	if err != nil {
		return nil, fmt.Errorf("make key uri: %w", err)
	}
	image, err := key.Image(size, size)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, image); err != nil {
		return nil, fmt.Errorf("encode QR code: %w", err)
	}
	return b.Bytes(), nil
}

// uri is the de-facto key URI format. A colon separates issuer from account, so neither may bring one.
func uri(seed []byte, issuer, account string) string {
	plain := strings.NewReplacer(":", " ")
	issuer, account = plain.Replace(issuer), plain.Replace(account)
	q := url.Values{"secret": {base.EncodeToString(seed)}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	// Apps read "+" literally: spaces must be %20.
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// digits is how long a code is.
const digits = 6

// Clean brings a typed code into its one form: full-width digits become digits, spaces and dashes go.
// ok is false when six digits do not remain.
func Clean(code string) (clean string, ok bool) { return spelling.Digits(code, digits) }

// Match names the step that a cleaned code belongs to, looking one step to either side of now for
// clocks that differ (RFC 6238 5.2). All three are always computed: time tells nothing. A seed that cannot make codes
// is an error.
func Match(seed []byte, code string, now time.Time) (step int64, ok bool, err error) {
	if len(seed) == 0 {
		return 0, false, errors.New("compute code: the seed is empty") // everybody could compute its codes
	}
	current := now.Unix() / int64(Period/time.Second)
	for s := current - 1; s <= current+1; s++ {
		want, err := hotp.GenerateCodeCustom(base.EncodeToString(seed), uint64(s), hotp.ValidateOpts{Digits: digits, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false, fmt.Errorf("compute code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok, nil
}
