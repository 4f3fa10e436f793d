// Package attempt is one sign-in in progress: its facts, and the step that follows from them.
//
// It owns the rows of signin_attempts. Facts are stored, the step is derived by Next, so the two cannot
// disagree. Advance is the only way facts change. It issues nothing: that is provider/gate, which
// loads the facts again and asks Next and policy.Decide once more. Callers are provider/issuer (begins
// attempts at the authorization endpoint), provider/signin (walks them) and provider/account (begins
// attempts without an authorization request, for a fresh proof or a new factor).
//
// It stands beside provider/signin rather than in it, because three edge packages need it and edge
// packages never import each other.
package attempt

import (
	"net/netip"
	"slices"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// Purpose is why the attempt was begun.
type Purpose string

// Authorize ends in a code for a client, Fresh in a session with a recent proof, Enrol in a new factor,
// Codes in new backup codes, Link in a new way to sign in upstream. Test ends in nothing: an administrator looks at what a
// connection tells.
const (
	Authorize Purpose = "authorize"
	Fresh     Purpose = "fresh"
	Enrol     Purpose = "enrol"
	Codes     Purpose = "codes"
	Link      Purpose = "link"
	Test      Purpose = "test"
)

// Request is what was asked for when the attempt began. It never changes.
type Request struct {
	RedirectURI  string   `json:"redirect_uri,omitempty"`
	ResponseMode string   `json:"response_mode,omitempty"`
	State        string   `json:"state,omitempty"`
	Nonce        string   `json:"nonce,omitempty"`
	Scopes       []string `json:"scopes,omitempty"`
	Challenge    string   `json:"code_challenge,omitempty"`
	Prompt       []string `json:"prompt,omitempty"`
	LoginHint    string   `json:"login_hint,omitempty"`
	Locales      string   `json:"ui_locales,omitempty"`
	// Level and Essential come from acr_values and the claims parameter.
	Level     mfa.Level `json:"level,omitempty"`
	Essential bool      `json:"essential,omitempty"`
	// Since makes older proofs not count: prompt=login and max_age.
	Since time.Time `json:"since,omitzero"`
	// Subject pins the account (id_token_hint, step-up of a session).
	Subject id.User `json:"subject,omitzero"`
	// Connection is the one to go to: named by the application (domain_hint), linked or tested.
	Connection id.Connection `json:"connection,omitzero"`
	// Domain is the proven one that a hint of the application named.
	Domain string `json:"domain,omitempty"`
	// ReturnTo is the page of ours that the attempt goes back to when it is not for a client.
	ReturnTo string `json:"return_to,omitempty"`
}

// Facts is what has happened so far.
type Facts struct {
	// TenantBy says how the tenant became known: by the request, the client, the person's word
	// ("named"), a session, or only because the address has one account ("address"), which is not
	// shown before the password is proven: it would tell that the account exists.
	TenantBy   string      `json:"tenant_by,omitempty"`
	Identifier string      `json:"identifier,omitempty"`
	Proofs     []mfa.Proof `json:"proofs,omitempty"`
	// Sent is the newest code that was sent; it replaces the one before.
	Sent *Sent `json:"sent,omitempty"`
	// Trust is the person's wish that this browser may skip the second factor for a while.
	Trust     bool       `json:"trust,omitempty"`
	Enrolment *Enrolment `json:"enrolment,omitempty"`
	Enrolled  id.Factor  `json:"enrolled,omitzero"`
	// Upstream is the newest round trip to a connection; Linked is what it was for, done.
	Upstream *Upstream `json:"upstream,omitempty"`
	Linked   bool      `json:"linked,omitempty"`
	// Tested is what a connection told an administrator.
	Tested *Tested `json:"tested,omitempty"`
	// Told is the refusal that stands on record.
	Told policy.Why `json:"told,omitempty"`
	// Codes is the list of backup codes shown, sealed to this attempt until Kept: the person's word that
	// they have it (R15).
	Codes []byte `json:"codes,omitempty"`
	Kept  bool   `json:"kept,omitempty"`
	// Consent holds the scopes allowed in this attempt, nil before the question was answered.
	Consent []string `json:"consent,omitzero"`
	Denied  bool     `json:"denied,omitempty"`
}

// Upstream is a round trip to a connection. What the answer must bring is derived from State, of which only a hash is kept:
// the conditional update of the attempt spends it.
type Upstream struct {
	Connection id.Connection `json:"connection"`
	State      []byte        `json:"state,omitempty"` // nil when no answer is awaited
	At         time.Time     `json:"at"`
	Reauth     bool          `json:"reauth,omitempty"`
	Asked      bool          `json:"asked,omitempty"` // for evidence
	// Tries counts them, so that nobody is sent round in circles; Failed is why the last one came to nothing.
	Tries  int    `json:"tries,omitempty"`
	Failed string `json:"failed,omitempty"`
}

// Tested is the verified token of a test, cut to what a page can show, and what was made of the person. Failed is a message key
// and Detail a word for why, with the provider's own word behind it where it gave one.
type Tested struct {
	Upstream     mfa.Upstream      `json:"upstream"`
	Claims       map[string]string `json:"claims"`
	Email        string            `json:"email,omitempty"`
	EmailTrusted bool              `json:"email_trusted,omitempty"`
	GroupsKnown  bool              `json:"groups_known,omitempty"`
	Failed       string            `json:"failed,omitempty"`
	Detail       string            `json:"detail,omitempty"`
}

// Sent is a code on its way to one authenticator. Of the code itself only a keyed hash is kept.
type Sent struct {
	Kind    mfa.Kind   `json:"kind"`
	Factor  id.Factor  `json:"factor"`
	Hash    []byte     `json:"hash"`
	At      time.Time  `json:"at"`
	Expires time.Time  `json:"expires"`
	Count   int        `json:"count"` // how many were sent to it in this attempt
	Message id.Message `json:"message"`
}

// Enrolment is a factor shown to the person but not yet confirmed. The secret is sealed, made by
// us and usable in this attempt alone (gauntlet C07).
type Enrolment struct {
	Kind   mfa.Kind  `json:"kind"`
	Factor id.Factor `json:"factor"`
	// Secret is the seed, credential, number or address; nil before a number is known.
	Secret []byte `json:"secret,omitempty"`
	// Proven is when an answer of it was verified, zero before; Name, Step and UserVerified come with it.
	Proven       time.Time `json:"proven,omitzero"`
	Name         string    `json:"name,omitempty"`
	Step         int64     `json:"step,omitempty"`
	UserVerified bool      `json:"uv,omitempty"`
}

// Person is the user of the attempt as they are now.
type Person struct {
	Known, Disabled, Service bool
	Email, Name, Role        string
	EmailConfirmed           bool
	PasswordHash             string
	// PasswordByMail says that whoever reads the mailbox may have chosen the password.
	PasswordByMail bool
	// Frozen says that factors, password and address cannot be changed now.
	Frozen  bool
	Factors []Factor
	// Identities are the live ways to sign in upstream.
	Identities []policy.Identity
	// BackupCodes are the hashes of the unused ones.
	BackupCodes [][]byte
	AccessCodes []AccessCode
	// Skips is how often enrolment was put off, EnrolUntil the first date until which it could be.
	Skips      int
	EnrolUntil *time.Time
}

// AccessCode is one unused use of a code that an administrator issued.
type AccessCode struct {
	Hash    []byte    `json:"hash"`
	Expires time.Time `json:"expires"`
}

// Device is the trusted device of the person that this browser claims to be, as it stands on record.
type Device struct {
	ID      id.Device
	Hash    []byte
	Used    *time.Time // when the secret presented was used
	Policy  int
	Expires time.Time
	Ended   bool
}

// Delivery is what became of the newest code that was sent.
type Delivery struct{ Sent, Failing bool }

// NeedsCodes reports whether a new factor has to wait for backup codes to be kept: there are none, or none
// that stand in for anything.
func (p Person) NeedsCodes() bool { return len(p.Factors) == 0 || len(p.BackupCodes) == 0 }

// Factor is an enrolled authenticator with what verifying it takes.
type Factor struct {
	mfa.Authenticator
	Step   int64  `json:"step"`
	Secret []byte `json:"secret"`
}

// Attempt is the facts on record with everything they refer to, as read in one statement.
type Attempt struct {
	ID       id.Attempt
	Tenant   id.Tenant
	Purpose  Purpose
	ClientID string
	Request  Request
	Facts    Facts
	User     *id.User
	Session  *id.Session
	Created  time.Time
	Expires  time.Time
	Done     bool

	TenantName, TenantSlug string
	TenantLive             bool
	ClientName             string
	FirstParty             bool
	Person                 Person
	Policy                 *policy.Policy
	// Watched is the policy that is only watched, nil without one; Report names it.
	Watched   *policy.Policy
	Report    id.Report
	Brought   *policy.Session
	Consented []string
	// Address is where the person is now.
	Address  netip.Addr
	Device   *Device
	Delivery Delivery

	version int32
	from    id.Tenant // where the row stands, before this step moved it
	binding []byte
	proven  bool // a proof was added since loading
}

// Prove adds a proof. The browser's secret changes with it (gauntlet D02).
func (a *Attempt) Prove(p mfa.Proof) {
	a.Facts.Proofs = append(a.Facts.Proofs, p)
	a.proven = true
}

// Crosses reports whether the attempt would leave the tenant that it stands in, which no attempt can.
func (a *Attempt) Crosses() bool { return !a.from.IsZero() && a.Tenant != a.from }

// ShowsTenant reports whether pages may name the tenant without telling that an account exists.
func (a *Attempt) ShowsTenant() bool {
	return !a.Tenant.IsZero() && (a.Facts.TenantBy != ByAddress || len(a.Facts.Proofs) > 0)
}

// How a tenant became known.
const (
	ByRequest = "request"
	ByClient  = "client"
	BySession = "session"
	ByName    = "named"
	ByAddress = "address"
	ByDomain  = "domain"
)

// Version changes with every step: what was made for an older one is spent.
func (a *Attempt) Version() int32 { return a.version }

// Judge asks the policy about the facts.
func (a *Attempt) Judge(now time.Time) policy.Decision { return policy.Decide(a.Case(now)) }

// Case is the facts as the judge hears them.
func (a *Attempt) Case(now time.Time) policy.Facts {
	return policy.Facts{
		Now: now, Policy: a.Policy, TenantLive: a.TenantLive, Proofs: a.Facts.Proofs, Session: a.Brought, User: a.user(now),
		Client: a.ClientID, Address: a.Address, Asked: a.askedInVain(),
		Demand: policy.Demand{Level: a.Request.Level, Essential: a.Request.Essential, Since: a.Request.Since,
			Fresh: a.Purpose != Authorize, Enrol: a.Purpose == Enrol && a.Facts.Enrolled.IsZero()},
	}
}

// askedInVain: a provider that was asked for evidence and gave no answer is not asked again.
func (a *Attempt) askedInVain() bool {
	u := a.Facts.Upstream
	return u != nil && u.Asked && u.Failed != ""
}

func (a *Attempt) user(now time.Time) policy.User {
	p := a.Person
	u := policy.User{Known: p.Known, Disabled: p.Disabled, Service: p.Service, Role: p.Role, Email: p.Email, EmailConfirmed: p.EmailConfirmed,
		Factors: p.authenticators(), Identities: p.Identities, BackupCodes: len(p.BackupCodes), AccessCodes: len(a.Access(now)), Skips: p.Skips, EnrolUntil: p.EnrolUntil}
	if a.User != nil {
		u.ID = *a.User
	}
	return u
}

// Access is the hashes of the access codes that can be used now: none where the policy of today knows none, whenever
// they were issued (gauntlet A12).
func (a *Attempt) Access(now time.Time) [][]byte {
	if a.Policy == nil || !a.Policy.AccessCode.Enabled {
		return nil
	}
	var out [][]byte
	for _, c := range a.Person.AccessCodes {
		if now.Before(c.Expires) {
			out = append(out, c.Hash)
		}
	}
	return out
}

func (p Person) authenticators() []mfa.Authenticator {
	out := make([]mfa.Authenticator, len(p.Factors))
	for i, f := range p.Factors {
		out[i] = f.Authenticator
	}
	return out
}

// NeedsConsent reports whether the person has still to be asked: for scopes never granted to this
// client, or because the client wants the question asked (prompt=consent).
func (a *Attempt) NeedsConsent() bool {
	if a.Purpose != Authorize || a.Facts.Consent != nil {
		return false
	}
	if slices.Contains(a.Request.Prompt, "consent") {
		return true
	}
	return !a.FirstParty && slices.ContainsFunc(a.Request.Scopes, func(s string) bool { return !slices.Contains(a.Consented, s) })
}
