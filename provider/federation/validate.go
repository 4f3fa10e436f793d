package federation

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// ErrInvalid says that a connection cannot be as somebody wants it; each one is an *Invalid.
var ErrInvalid = errors.New("invalid connection")

// Invalid names the field, as documents of settings call it, and says in plain words what is wrong with it.
type Invalid struct{ Field, Reason string }

func (i *Invalid) Error() string { return i.Field + " " + i.Reason }

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (i *Invalid) Unwrap() error { return ErrInvalid }

func invalid(field, format string, args ...any) error {
	return &Invalid{field, fmt.Sprintf(format, args...)}
}

// most bounds each list: every sign-in reads them.
const most = 100

// Validate reports whether a provider of that kind can be talked to like this. Errors are *Invalid.
func (s Settings) Validate(k Kind) error {
	if !k.Known() {
		return invalid("kind", "must be entra, google, okta or oidc")
	}
	for _, check := range []func(Kind) error{s.validateIssuer, s.validateClient, s.validateDirectories, s.validatePeople, s.validateClaims} {
		if err := check(k); err != nil {
			return err
		}
	}
	return nil
}

func (s Settings) validateIssuer(k Kind) error {
	u, err := url.Parse(s.Issuer)
	switch {
	case s.Issuer == "":
		return invalid("issuer", "must not be empty: it is the address that the provider calls its issuer")
	case err != nil || len(s.Issuer) > 400 || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !word(s.Issuer):
		return invalid("issuer", "must be an address such as https://idp.example.com, without a query")
	case u.Scheme != "https" && (u.Scheme != "http" || !literal(u.Hostname())):
		return invalid("issuer", "must begin with https://")
	case k == Entra:
		return s.validateEntra()
	}
	return nil
}

// literal: without TLS only to an address that is written out, which the operator then has to allow.
func literal(host string) bool { return host == "localhost" || net.ParseIP(host) != nil }

// entraAuthority is the directory in an issuer of Entra, or the name for many.
var entraAuthority = regexp.MustCompile(`^https?://[^/]+/([^/]+)/v2\.0$`)

func (s Settings) validateEntra() error {
	switch a := s.authority(); {
	case a == organizations || a == common || isDirectory(a):
		return nil
	}
	return invalid("issuer", `must end in /<tenant id>/v2.0, with the tenant's id, "organizations" or "common"`)
}

func (s Settings) authority() string {
	if m := entraAuthority.FindStringSubmatch(s.Issuer); m != nil {
		return m[1]
	}
	return ""
}

func isDirectory(name string) bool {
	u, err := uuid.Parse(name)
	return err == nil && u.String() == name
}

func (s Settings) validateClient(Kind) error {
	switch {
	case s.ClientID == "" || len(s.ClientID) > 500 || !word(s.ClientID):
		return invalid("client_id", "must be the identifier that the provider gave to us")
	case !slices.Contains([]string{SecretBasic, SecretPost, PrivateKey}, s.Auth):
		return invalid("auth", "must be client_secret_basic, client_secret_post or private_key_jwt")
	case len(s.Scopes) > most || !all(s.Scopes, word):
		return invalid("scopes", "must be words without spaces, at most %d", most)
	}
	return nil
}

func (s Settings) validateDirectories(k Kind) error {
	form, what := isDirectory, "must be tenant ids such as 72f988bf-86f1-41af-91ab-2d7cd011db47, in lower case"
	if k == Google {
		form, what = isDomain, "must be domains of Google Workspace such as example.com, in lower case"
	}
	switch {
	case !k.Directories() && (len(s.Directories) > 0 || s.Personal):
		return invalid("directories", "and personal accounts are for Microsoft Entra and Google only")
	case len(s.Directories) > most || !all(s.Directories, form):
		return invalid("directories", "%s", what)
	case k.Directories() && s.open() && len(s.Directories) == 0 && !s.Personal:
		return invalid("directories", "must name somebody: otherwise everybody in the world could come")
	case k == Entra && !s.open() && len(s.Directories) > 0 && !slices.Equal(s.Directories, []string{s.authority()}):
		return invalid("directories", "must be empty where the issuer names one tenant")
	}
	return nil
}

// open reports whether the issuer serves everybody's directories.
func (s Settings) open() bool { return !isDirectory(s.authority()) }

var domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$`)

func isDomain(name string) bool { return len(name) <= 253 && domainForm.MatchString(name) }

func (s Settings) validatePeople(Kind) error {
	roles := []string{"user", "admin"}
	switch {
	case !slices.Contains([]string{Untrusted, Verified, Trusted}, s.Addresses):
		return invalid("addresses", "must be untrusted, verified or all")
	case s.LinkByAddress && s.Addresses == Untrusted:
		return invalid("link_by_address", "needs addresses that count: set addresses to verified or all")
	case !slices.Contains(roles, s.Role):
		return invalid("role", "must be user or admin")
	case len(s.Roles) > most:
		return invalid("roles", "must be at most %d", most)
	}
	for _, r := range s.Roles {
		if !text(r.Group, 1, 200) || !slices.Contains(roles, r.Role) {
			return invalid("roles", "must each have a group and the role user or admin")
		}
	}
	return nil
}

func (s Settings) validateClaims(Kind) error {
	for name, claim := range map[string]string{"claims.email": s.Claims.Email, "claims.name": s.Claims.Name, "claims.groups": s.Claims.Groups} {
		if !text(claim, 0, 200) {
			return invalid(name, "must be the name of a claim")
		}
	}
	return nil
}

func all(list []string, form func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !form(s) })
}

// word is what can stand in a list separated by spaces.
func word(s string) bool {
	return s != "" && len(s) <= 400 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// text is a line that can be shown and stored: Postgres refuses what is no UTF-8 or contains a zero.
func text(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= least && n <= most && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
