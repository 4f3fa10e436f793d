package attempt

import (
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// Told is what stands on record of a sign-in: enough to explain it when policy and person have long changed.
type Told struct {
	Attempt  id.Attempt    `json:"attempt"`
	Purpose  string        `json:"purpose"`
	Client   string        `json:"client"`
	Session  id.Session    `json:"session,omitzero"`
	ACR      string        `json:"acr"`
	AMR      []string      `json:"amr"`
	Rule     string        `json:"rule"`
	Why      policy.Why    `json:"why"`
	Shadowed []string      `json:"shadowed"`
	Waived   []string      `json:"waived,omitempty"`
	Required string        `json:"required"`
	Policy   int           `json:"policy"`
	Proofs   []mfa.Proof   `json:"proofs"`
	Exempt   policy.Exempt `json:"exempt,omitempty"`
	Demand   string        `json:"demand,omitempty"` // the acr that the application asked for
	Report   *Watched      `json:"report,omitempty"`
}

// Watched is what the policy in force made of the first proof, and what the one that is only watched would have.
type Watched struct {
	ID     id.Report      `json:"id"`
	Before policy.Outcome `json:"before"`
	After  policy.Outcome `json:"after"`
}

// Tell is the record of an attempt as it was judged.
func Tell(a *Attempt, d policy.Decision, now time.Time) Told {
	t := Told{Attempt: a.ID, Purpose: string(a.Purpose), Client: a.ClientID, ACR: d.Reached.ACR(), AMR: mfa.AMR(d.Counted),
		Rule: d.Rule, Why: d.Why, Shadowed: d.Shadowed, Waived: d.Waived, Required: d.Required.ACR(), Proofs: d.Counted,
		Exempt: d.Exempt, Demand: a.Request.Level.ACR()}
	if a.Policy != nil {
		t.Policy = a.Policy.Version
	}
	if a.Watched != nil {
		before := a.Case(now).Begun()
		after := before
		after.Policy = a.Watched
		t.Report = &Watched{a.Report, policy.Decide(before).Outcome(), policy.Decide(after).Outcome()}
	}
	return t
}
