package explain

import (
	"slices"
	"strings"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

// shown words what was proven, in turn. An old record names only the methods.
func (v Verdict) shown() []Sentence {
	switch {
	case len(v.Proofs) == 0 && len(v.AMR) > 0:
		return []Sentence{say("methods", "AMR", strings.Join(v.AMR, ", "))}
	case len(v.Proofs) == 0:
		return []Sentence{say("first_none")}
	}
	var out []Sentence
	for _, p := range v.Proofs {
		out = append(out, v.told(p))
		if p.Upstream.Asked {
			out = append(out, say("asked_connection", "Connection", p.Connection))
		}
	}
	if v.Outcome == policy.LetIn && mfa.Reached(proofs(v.Proofs)) == mfa.OneFactor {
		out = append(out, say("no_second"))
	}
	return out
}

func proofs(shown []Shown) []mfa.Proof {
	out := make([]mfa.Proof, len(shown))
	for i, s := range shown {
		out[i] = s.Proof
	}
	return out
}

// told words a proof by the part it played: a passkey beside a password is a second factor.
func (v Verdict) told(p Shown) Sentence {
	switch {
	case p.Kind == mfa.Password:
		return say("first_password", "At", p.At)
	case p.Kind == mfa.Federated && grade(p.Upstream.Grade) == string(mfa.GradeNone) && (v.Exempt == policy.Skip || v.Exempt == policy.Local):
		return say("first_unweighed", "Connection", p.Connection, "At", p.At) // nobody looked for evidence
	case p.Kind == mfa.Federated:
		return say("first_federated", "Connection", p.Connection, "Grade", grade(p.Upstream.Grade), "At", p.At)
	case p.First() && !slices.ContainsFunc(v.Proofs, begins):
		return say("first_passkey", "At", p.At)
	case p.Kind.Recovery():
		return say("in_place", "Method", string(p.Kind), "At", p.At)
	case !p.Kind.Second(): // a trusted device, enrolment put off
		return say(string(p.Kind), "At", p.At)
	}
	return say("second", "Method", string(p.Kind), "At", p.At)
}

func begins(p Shown) bool { return p.Kind == mfa.Password || p.Kind == mfa.Federated }

func grade(g mfa.Grade) string {
	if g == "" {
		g = mfa.GradeNone
	}
	return string(g)
}
