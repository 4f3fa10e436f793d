package policy

import (
	"slices"

	"sallyport/mfa"
)

// Outcome is in one word what a decision leads to: stored with reports, so values never change meaning.
type Outcome string

// The outcomes.
const (
	LetIn         Outcome = "let_in"
	FirstProof    Outcome = "first_proof"
	AskedUpstream Outcome = "asked_upstream"
	Asked         Outcome = "asked"
	MustEnrol     Outcome = "must_enrol"
	TurnedAway    Outcome = "turned_away"
)

// Outcome is the decision in one word.
func (d Decision) Outcome() Outcome {
	switch {
	case d.Refused:
		return TurnedAway
	case d.First:
		return FirstProof
	}
	return map[Second]Outcome{SecondNone: LetIn, SecondAsk: Asked, SecondEnrol: MustEnrol, SecondUpstream: AskedUpstream}[d.Second]
}

// Begun is the same case as it stood when nothing but the first proof had been shown: what the policy makes of it is what
// the person meets.
func (f Facts) Begun() Facts {
	f.Asked = false
	f.Proofs = firsts(f.Proofs)
	begun := slices.DeleteFunc(slices.Clone(f.Proofs), asked)
	known := slices.ContainsFunc(begun, federated)
	if f.Session != nil {
		s := *f.Session
		s.Proofs = firsts(s.Proofs)
		f.Session, known = &s, known || slices.ContainsFunc(s.Proofs, federated)
	}
	if known { // else the provider was asked for evidence at once
		f.Proofs = begun
	}
	return f
}

func firsts(proofs []mfa.Proof) []mfa.Proof {
	return slices.DeleteFunc(slices.Clone(proofs), func(p mfa.Proof) bool { return !p.First() })
}
