package federation

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sallyport/mfa"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/user"
)

// Person is who somebody is at a connection, as the verified token told it. Issuer and Subject are the key; everything else may
// be another's tomorrow (gauntlet G01).
type Person struct {
	// Issuer names the directory and Subject the person in it.
	Issuer, Subject string
	// Label is for people to read.
	Label string
	// Email is an address, "" where none came that is one; EmailTrusted says that it counts as the person's.
	Email        string
	EmailTrusted bool
	Name         string
	// Groups are those told; GroupsKnown is false where the provider could not tell all of them.
	Groups      []string
	GroupsKnown bool
	// LoginHint is what the provider knows the person by, to be sent along the next time.
	LoginHint string
	// Upstream is the evidence; Identity, Reauth and Asked are the caller's to say, who knows what was asked.
	Upstream mfa.Upstream
}

// ErrForbidden says that somebody is proven to be who they are, but not one whom the connection lets in; it is a *Forbidden.
var ErrForbidden = errors.New("not admitted by the connection")

// Forbidden tells for the record why: "directory" or "personal".
type Forbidden struct{ Reason string }

func (f *Forbidden) Error() string { return ErrForbidden.Error() + ": " + f.Reason }

// Unwrap makes errors.Is(err, ErrForbidden) true.
func (f *Forbidden) Unwrap() error { return ErrForbidden }

// ErrClaims says that a token does not tell who somebody is.
var ErrClaims = errors.New("the token does not name a person")

// The authorities of Entra that are no directory, and the directory of all personal accounts.
const (
	organizations = "organizations"
	common        = "common"
	consumers     = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

// Read tells who a verified token is about. Errors: ErrClaims, *Forbidden.
func (c Connection) Read(t oidcrp.Token) (Person, error) {
	told := claims(t.Claims)
	p := Person{Issuer: t.Issuer, Subject: t.Subject}
	if err := c.identify(&p, told); err != nil {
		return Person{}, err
	}
	if !text(p.Issuer, 1, 500) || !text(p.Subject, 1, 255) {
		return Person{}, fmt.Errorf("%w: no usable issuer or subject", ErrClaims)
	}
	c.describe(&p, told)
	p.Groups, p.GroupsKnown = c.groups(told)
	p.Upstream = mfa.Upstream{Connection: c.ID, Time: told.moment("auth_time"), AMR: told.words("amr"), ACR: told.word("acr"), SID: told.word("sid")}
	if kinds[c.Kind].acrs {
		p.Upstream.ACRS = told.words("acrs")
	}
	return p, nil
}

func (c Connection) identify(p *Person, told claims) error {
	switch c.Kind {
	case Entra:
		return c.identifyEntra(p, told)
	case Google:
		return c.identifyGoogle(p, told)
	}
	return nil
}

// identifyEntra: sub is another one for each registration of an application, so who somebody is there is the object in its
// directory (gauntlet G02).
func (c Connection) identifyEntra(p *Person, told claims) error {
	directory, object := told.text("tid"), told.text("oid")
	if !isDirectory(directory) || !isDirectory(object) || told.text("ver") != "2.0" {
		return fmt.Errorf("%w: tid, oid or ver 2.0 is missing", ErrClaims)
	}
	// oidcrp has tied tid to the issuer; that it is ours to admit is decided here, and once more for the issuer.
	authority := c.Settings.authority()
	if p.Issuer != strings.TrimSuffix(c.Settings.Issuer, authority+"/v2.0")+directory+"/v2.0" {
		return &Forbidden{"directory"}
	}
	p.Subject = object
	return c.admit(directory, directory == consumers, authority)
}

func (c Connection) admit(directory string, personal bool, authority string) error {
	switch {
	case personal && !c.Settings.Personal:
		return &Forbidden{"personal"}
	case personal && (authority == common || authority == directory):
		return nil
	case directory == authority, authority != directory && !isDirectory(authority) && slices.Contains(c.Settings.Directories, directory):
		return nil
	}
	return &Forbidden{"directory"}
}

// identifyGoogle: everybody has the same issuer, which old tokens write without its scheme; the organisation is hd, and who
// has none is there on their own.
func (c Connection) identifyGoogle(p *Person, told claims) error {
	if p.Issuer == "accounts.google.com" {
		p.Issuer = "https://accounts.google.com"
	}
	switch hd := told.text("hd"); {
	case !told.has("hd") && c.Settings.Personal:
		return nil
	case !told.has("hd"):
		return &Forbidden{"personal"}
	case !slices.Contains(c.Settings.Directories, strings.ToLower(hd)):
		return &Forbidden{"directory"}
	}
	return nil
}

func (c Connection) describe(p *Person, told claims) {
	p.Name = told.line(cmp.Or(c.Settings.Claims.Name, "name"), 200)
	email := told.text(cmp.Or(c.Settings.Claims.Email, "email"))
	if key, err := user.Key(email); err == nil && len(email) <= 254 {
		p.Email = strings.TrimSpace(email)
		// What is our spelling of an address may be another mailbox to the provider, who verified its own.
		p.EmailTrusted = key == strings.ToLower(p.Email) && c.trusts(p.Email, told)
	}
	known := told.line("preferred_username", 254)
	p.Label = cmp.Or(line(p.Email, 254), known, p.Name, line(p.Subject, 254))
	p.LoginHint = cmp.Or(told.line("login_hint", 1000), known, p.Email)
}

// trusts: what the claim of verification is about is the claim "email", not one that was configured in its place (gauntlet
// G08). Google vouches only for mailboxes that it keeps: any other domain may have changed hands since.
func (c Connection) trusts(email string, told claims) bool {
	switch c.Settings.Addresses {
	case Trusted:
		return true
	case Verified:
		standard := cmp.Or(c.Settings.Claims.Email, "email") == "email"
		return standard && told.yes(kinds[c.Kind].verified) && (c.Kind != Google || told.text("hd") != "" || kept(email))
	}
	return false
}

func kept(email string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(email), "@")
	return domain == "gmail.com" || domain == "googlemail.com"
}

// groups: Entra leaves the list out when it is too long for the token (_claim_names, hasgroups), and then nothing is known. A
// token without the claim tells of no group: providers leave an empty list out, and whoever was taken out of the last
// group must not stay what it made them.
func (c Connection) groups(told claims) (groups []string, known bool) {
	name := cmp.Or(c.Settings.Claims.Groups, "groups")
	if told.yes("hasgroups") || told.elsewhere(name) {
		return nil, false
	}
	if !told.has(name) {
		return nil, true
	}
	return told.list(name)
}

// elsewhere reports whether the claim is somewhere else (OpenID Connect Core 5.6.2); a list of those that cannot be read hides
// any.
func (c claims) elsewhere(name string) bool {
	if !c.has("_claim_names") {
		return false
	}
	var names map[string]json.RawMessage
	if json.Unmarshal(c["_claim_names"], &names) != nil {
		return true
	}
	_, ok := names[name]
	return ok
}
