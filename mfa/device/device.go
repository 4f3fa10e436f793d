// Package device is the trusted device: a browser that may skip the second factor for some days.
//
// A device is a series whose secret changes each time it is presented. This package only judges what a browser
// presented by the facts on record; making, storing and rotating secrets, ending series and telling people is the
// caller's (provider/gate, provider/signin). Whether trust may be given at all and what it satisfies is for mfa/policy
// to say: a trusted device proves nobody.
package device

import (
	"time"

	"sallyport/storage/id"
)

// Grace is how long a secret that was presented may come again without suspicion: two tabs of one browser sign in at
// a time, and one of them still sends the old cookie.
const Grace = time.Minute

// Standing is what a presented secret is worth.
type Standing int

// Only Alive lets anybody skip anything; the others differ in what is to be done besides asking.
const (
	// None: no series on record. Nothing to do.
	None Standing = iota
	// Alive: trusted. The secret is to be used up and replaced.
	Alive
	// Racing: used within Grace, by another tab that has the new secret. The cookie is to be left alone.
	Racing
	// Reused: used longer ago than Grace. Somebody has a copy: whoever comes second cannot be told from whoever
	// stole it, so the series ends, with an audit event and a mail to its owner.
	Reused
	// Dead: the series can no longer be used, or never by this person. Nothing to do.
	Dead
)

// Presented is a secret that a browser sent in somebody's sign-in, with what is on record of it.
type Presented struct {
	// Device is the series; zero when there is none.
	Device id.Device
	// Ended says that somebody ended it.
	Ended bool
	// Owner trusted the device; User is signing in.
	Owner, User id.User
	// Minted is the version of the policy when the device was trusted, Policy the one in force.
	Minted, Policy int
	// Expires is the end of the series.
	Expires time.Time
	// Used is when this very secret was presented first; nil when it is the one in force.
	Used *time.Time
	Now  time.Time
}

// Judge says what the secret is worth. A series that is dead anyway raises no alarm: there is nothing left to steal,
// and in somebody else's sign-in (gauntlet D01) nothing may be ended.
func Judge(p Presented) Standing {
	switch {
	case p.Device.IsZero():
		return None
	case p.Ended, p.Owner.IsZero(), p.Owner != p.User, p.Minted != p.Policy, !p.Now.Before(p.Expires):
		return Dead
	case p.Used == nil:
		return Alive
	case p.Now.Sub(*p.Used) <= Grace:
		return Racing
	}
	return Reused
}
