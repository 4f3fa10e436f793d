package policy

import (
	"net/netip"
	"time"

	"sallyport/mfa"
	"sallyport/storage/id"
)

// Facts is everything Decide may know.
type Facts struct {
	Now time.Time
	// Policy is the version in force; nil when it is missing or unreadable, which refuses.
	Policy *Policy
	// TenantLive is false for an unknown or disabled tenant.
	TenantLive bool
	User       User
	// Client is the application that asks; empty for pages of ours.
	Client string
	// Address is where the person is, or was when they signed in if nobody is there now. The zero one is unknown: a rule
	// by network then applies.
	Address netip.Addr
	// Proofs were shown in this attempt (or stand behind this grant).
	Proofs  []mfa.Proof
	Session *Session
	Demand  Demand
	// Asked says that a provider was asked for evidence in this attempt and brought none: it failed, or the person came
	// back without having signed in there.
	Asked bool
	// Offline judges a refresh: nobody is at the keyboard, so proofs do not age, but they must
	// still be enough for the policy of today.
	Offline bool
}

// User is the person as the policy sees them.
type User struct {
	ID       id.User
	Known    bool
	Disabled bool
	// Service users serve integrations and never sign in interactively (R13).
	Service bool
	Role    string
	// Email is the address on record; its domain is what rules ask for.
	Email          string
	EmailConfirmed bool
	Factors        []mfa.Authenticator
	// Identities are the live links to connections that are enabled.
	Identities []Identity
	// BackupCodes and AccessCodes are how many can still be used. Backup codes count for nothing without a factor to
	// stand in for.
	BackupCodes, AccessCodes int
	// Skips is how often enrolment was put off; EnrolUntil the first date the person met, which no later one renews.
	Skips      int
	EnrolUntil *time.Time
}

// Identity is a link between a person and who they are at a connection.
type Identity struct {
	ID         id.Identity   `json:"id"`
	Connection id.Connection `json:"connection"`
}

// Session brings the proofs of an earlier sign-in in the same browser.
type Session struct {
	Started, Seen time.Time
	Proofs        []mfa.Proof
}

// Live reports whether the session is within its idle and absolute age.
func (s Session) Live(p Policy, now time.Time) bool {
	return now.Sub(s.Seen) <= p.Idle.Duration() && now.Sub(s.Started) <= p.Session.Duration()
}

// Demand is what the application or page asks beyond the tenant's rules.
type Demand struct {
	Level mfa.Level
	// Essential refuses rather than falls short (OpenID Connect Core 5.5.1.1).
	Essential bool
	// Since makes older proofs not count. For prompt=login it is the start of the attempt, for
	// max_age that much before it: measured from now, a slow typist's password would age away
	// while the code is being typed.
	Since time.Time
	// Fresh asks for a recent proof with the best thing the account has: before factors, passwords
	// or policies change (gauntlet A10, C03).
	Fresh bool
	// Enrol says that the person came to add a factor.
	Enrol bool
}
