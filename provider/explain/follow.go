package explain

import (
	"slices"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// follow supposes one step more on each way that the decision offers.
func follow(f policy.Facts, d policy.Decision) []Then {
	switch d.Second {
	case policy.SecondUpstream:
		f = asked(f)
		then := policy.Decide(f)
		return append([]Then{came(mfa.Federated, then)}, follow(f, then)...)
	case policy.SecondAsk:
		return each(d.Offer, func(k mfa.Kind) Then { return came(k, policy.Decide(with(f, shows(f, d, k)))) })
	case policy.SecondEnrol:
		return append(each(d.Offer, func(k mfa.Kind) Then { return enrols(f, d, k) }), waits(f, d)...)
	}
	return nil
}

func each(kinds []mfa.Kind, then func(mfa.Kind) Then) []Then {
	var out []Then
	for _, k := range kinds {
		out = append(out, then(k))
	}
	return out
}

func came(k mfa.Kind, d policy.Decision) Then {
	return Then{Method: k, Outcome: d.Outcome(), Rule: d.Rule, Why: d.Why, Reached: d.Reached.ACR(), AMR: mfa.AMR(d.Counted)}
}

// asked: the connection was asked for evidence and says what it said before.
func asked(f policy.Facts) policy.Facts {
	f.Proofs = slices.Clone(f.Proofs)
	for i, p := range f.Proofs {
		f.Proofs[i].Upstream.Asked = p.Kind == mfa.Federated
	}
	return f
}

func with(f policy.Facts, p mfa.Proof) policy.Facts {
	f.Proofs = append(slices.Clone(f.Proofs), p)
	return f
}

// shows is a proof of the kind, by any authenticator of it. It verifies its user where that is demanded: what more an
// authenticator may do is not promised.
func shows(f policy.Facts, d policy.Decision, k mfa.Kind) mfa.Proof {
	p := mfa.Proof{Kind: k, At: f.Now, UserVerified: k == mfa.WebAuthn && d.UserVerification}
	for _, a := range f.User.Factors {
		if a.Kind == k {
			p.Factor = a.ID
		}
	}
	return p
}

// enrols: the factor is added and shown.
func enrols(f policy.Facts, d policy.Decision, k mfa.Kind) Then {
	f.User.Factors = append(slices.Clone(f.User.Factors), mfa.Authenticator{ID: id.NewFactor(), Kind: k})
	then := came(k, policy.Decide(with(f, shows(f, d, k))))
	then.Enrols = true
	return then
}

func waits(f policy.Facts, d policy.Decision) []Then {
	if d.Skip == nil {
		return nil
	}
	return []Then{came(mfa.Skipped, policy.Decide(with(f, mfa.Proof{Kind: mfa.Skipped, At: f.Now})))}
}

// followed words what would follow.
func (v Verdict) followed(connection string) []Sentence {
	var out []Sentence
	for _, t := range v.Then {
		out = append(out, t.told(connection))
	}
	return out
}

func (t Then) told(connection string) Sentence {
	method, in := string(t.Method), t.Outcome == policy.LetIn
	switch {
	case t.Method == mfa.Federated:
		return say("unproven_"+string(t.Outcome), "Connection", connection)
	case t.Method == mfa.Skipped && in:
		return say("put_off")
	case t.Enrols && in:
		return say("then_must_enrol", "Method", method)
	case t.Enrols:
		return say("then_not_enough", "Method", method)
	case t.Outcome == policy.MustEnrol:
		return say("then_may_enrol", "Method", method)
	case t.Outcome == policy.LetIn || t.Outcome == policy.Asked:
		return say("then_"+string(t.Outcome), "Method", method)
	}
	return say("then_not_enough", "Method", method)
}
