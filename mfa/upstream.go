package mfa

import (
	"slices"
	"strings"
	"time"

	"sallyport/storage/id"
)

// Upstream is a sign-in at another provider as its verified ID token told it. It is comparable: lists are words
// separated by spaces, as OAuth writes them.
type Upstream struct {
	Connection id.Connection `json:"connection"`
	// Identity is the link between the person and who they are there.
	Identity id.Identity `json:"identity"`
	// Time is when the provider last saw the person prove themselves (auth_time); zero where it does not say.
	Time time.Time `json:"auth_time,omitzero"`
	AMR  string    `json:"amr,omitempty"`
	ACR  string    `json:"acr,omitempty"`
	// ACRS are the authentication contexts of Microsoft Entra.
	ACRS string `json:"acrs,omitempty"`
	// SID is what the provider calls the session there.
	SID string `json:"sid,omitempty"`
	// Reauth says that the provider was asked to have the person sign in again (prompt=login, max_age); Asked that it
	// was asked for evidence of a second factor.
	Reauth bool `json:"reauth,omitempty"`
	Asked  bool `json:"asked,omitempty"`
	// Grade and Level are what the policy makes of it, written by the judge: what comes in is never believed.
	Grade Grade `json:"grade,omitempty"`
	Level Level `json:"level,omitempty"`
}

// Grade says how good the evidence of a second factor upstream is.
type Grade string

// The grades, worst first. Strong is fresh evidence of a policy that an administrator attests, good is fresh evidence,
// medium is evidence of whatever age, weak is a promise that nothing backs.
const (
	GradeNone   Grade = "none"
	GradeWeak   Grade = "weak"
	GradeMedium Grade = "medium"
	GradeGood   Grade = "good"
	GradeStrong Grade = "strong"
)

var grades = []Grade{GradeNone, GradeWeak, GradeMedium, GradeGood, GradeStrong}

// Grades lists the grades, worst first.
func Grades() []Grade { return slices.Clone(grades) }

// AtLeast reports whether g is as good as o; a grade that nobody defined is as good as nothing.
func (g Grade) AtLeast(o Grade) bool {
	return slices.Contains(grades, o) && slices.Index(grades, g) >= slices.Index(grades, o)
}

// registered are the values of RFC 8176 that tell of something shown by the person.
var registered = []string{"face", "fpt", "geo", "hwk", "iris", "kba", "mca", "mfa", "otp", "pin", "pop", "pwd", "rba", "retina", "sc", "sms", "swk",
	"tel", "user", "vbm", "wia"}

// Methods are the methods of RFC 8176 that were proven upstream: none unless the policy has accepted the evidence, for
// our tokens say only what was proven.
func (u Upstream) Methods() []string {
	if u.Level <= OneFactor {
		return nil
	}
	return slices.DeleteFunc(strings.Fields(u.AMR), func(v string) bool { return !slices.Contains(registered, v) })
}
