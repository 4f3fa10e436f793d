// Package explain says in sentences why a sign-in ended as it did, how one would end, and what a policy that is only
// watched would have done.
//
// It owns the reading of the record for that, the suppositions of a what-if, and reports: their beginning, counting and
// end. It judges nothing: a past sign-in is told as the gate wrote it, a supposed one is judged by policy.Decide on facts
// that provider/attempt makes, so that what it says is what would happen. It words nothing either: a Sentence is the key of
// a message with its data. Callers are provider/admin/console and the command line.
//
// Of the house it needs the gate for what a sign-in is on record as, attempt for the facts, tenant to put a watched policy
// in force. It depends on nothing else.
package explain

import (
	"sallyport/provider/attempt"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// Sentence is a message key with its data.
type Sentence struct {
	Key  string         `json:"key"`
	Data map[string]any `json:"data,omitempty"`
}

// Verdict is what was decided, or would be, and why.
type Verdict struct {
	Outcome  policy.Outcome `json:"outcome"`
	Rule     string         `json:"rule"`
	Why      policy.Why     `json:"why"`
	Shadowed []string       `json:"shadowed,omitempty"`
	Waived   []string       `json:"waived,omitempty"`
	// Required, Reached and Demand are acr values: of the strictest rule, of the proofs, of the application. Empty: none.
	Required string `json:"required,omitempty"`
	Reached  string `json:"reached,omitempty"`
	Demand   string `json:"demand,omitempty"`
	// AMR is what tokens say was proven (RFC 8176).
	AMR    []string      `json:"amr,omitempty"`
	Policy Version       `json:"policy"`
	Exempt policy.Exempt `json:"exempt,omitempty"`
	Proofs []Shown       `json:"proofs,omitempty"`
	// Then is what would follow on each way on that is offered; only of a what-if.
	Then      []Then     `json:"then,omitempty"`
	Sentences []Sentence `json:"sentences"`
}

// Shown is one proof with the name of the connection that it came from, where that still has one.
type Shown struct {
	mfa.Proof
	Connection string `json:"connection_name,omitempty"`
}

// Version is a version of a policy: since when, and by whom. Number 0 is a policy that is nowhere stored, an empty Author
// the operator, a zero Since a version that is not on record.
type Version struct {
	Number int       `json:"version"`
	Author string    `json:"author,omitempty"`
	Since  time.Time `json:"since,omitzero"`
}

// Then is what follows when a method is shown, or added and shown. Federated stands for the connection being asked and
// proving nothing more, Skipped for enrolment put off.
type Then struct {
	Method  mfa.Kind       `json:"method"`
	Enrols  bool           `json:"enrols,omitempty"`
	Outcome policy.Outcome `json:"outcome"`
	Rule    string         `json:"rule"`
	Why     policy.Why     `json:"why"`
	Reached string         `json:"reached,omitempty"`
	AMR     []string       `json:"amr,omitempty"`
}

// Explained is a past sign-in. What an old record does not tell is empty.
type Explained struct {
	Verdict
	Event id.Event  `json:"event"`
	At    time.Time `json:"at"`
	// User is the identifier, Email the address of today; both empty where nobody was named.
	User      string           `json:"user,omitempty"`
	Email     string           `json:"email,omitempty"`
	Address   string           `json:"address,omitempty"`
	RequestID string           `json:"request_id,omitempty"`
	Attempt   id.Attempt       `json:"attempt,omitzero"`
	Session   id.Session       `json:"session,omitzero"`
	Purpose   string           `json:"purpose,omitempty"`
	Client    string           `json:"client,omitempty"`
	Report    *attempt.Watched `json:"report,omitempty"`
}

// Row is a past sign-in in a list.
type Row struct {
	Event   id.Event       `json:"event"`
	At      time.Time      `json:"at"`
	User    string         `json:"user,omitempty"`
	Email   string         `json:"email,omitempty"`
	Address string         `json:"address,omitempty"`
	Client  string         `json:"client,omitempty"`
	Outcome policy.Outcome `json:"outcome"`
	Rule    string         `json:"rule"`
	Why     policy.Why     `json:"why"`
	Reached string         `json:"reached,omitempty"`
}
