package mfa

import "slices"

// Level is an assurance level. Levels are ordered: a higher one satisfies a demand for a lower one.
type Level int

// The levels, weakest first. None is "nothing proven".
const (
	None Level = iota
	OneFactor
	TwoStep
	AAL2
	PhishingResistant
)

var acrs = [...]string{
	None:              "",
	OneFactor:         "urn:sallyport:acr:1fa",
	TwoStep:           "urn:sallyport:acr:2sv",
	AAL2:              "urn:sallyport:acr:aal2",
	PhishingResistant: "phr",
}

// aliases are the names under which other standards ask for multi-factor authentication.
var aliases = map[string]Level{
	"http://schemas.openid.net/pape/policies/2007/06/multi-factor":          AAL2,
	"http://schemas.openid.net/pape/policies/2007/06/multi-factor-physical": AAL2,
	"https://refeds.org/profile/mfa":                                        AAL2,
}

// ACR is the authentication context class reference of the level (OpenID Connect Core 2).
func (l Level) ACR() string { return acrs[l] }

// ParseACR reads an acr value or one of its aliases; ok is false for a value nobody defined.
func ParseACR(s string) (l Level, ok bool) {
	if l, ok := aliases[s]; ok {
		return l, true
	}
	i := slices.Index(acrs[1:], s)
	return Level(i + 1), i >= 0
}

// ACRs lists the values that discovery announces.
func ACRs() []string { return slices.Clone(acrs[1:]) }

// Reached is the level that the proofs make together: nothing counts without a first proof.
func Reached(proofs []Proof) Level {
	if !slices.ContainsFunc(proofs, Proof.First) {
		return None
	}
	reached := OneFactor
	for _, p := range proofs {
		if p.Kind.Second() || p.Kind == Federated {
			reached = max(reached, p.Level())
		}
	}
	return reached
}

// amrs: a code by mail and one from an administrator have no value of their own in the registry; both are one-time
// passwords, and acr tells what they are worth.
var amrs = map[Kind]string{Password: "pwd", TOTP: "otp", WebAuthn: "pop", SMS: "sms", Email: "otp", BackupCode: "otp", AccessCode: "otp"}

func (p Proof) methods() []string {
	if p.Kind == Federated {
		return p.Upstream.Methods()
	}
	if v, known := amrs[p.Kind]; known {
		return []string{v}
	}
	return nil
}

// AMR names the proofs by RFC 8176, each once, with "mfa" when two different factors were shown; a list, empty where
// nothing is known, never nil.
func AMR(proofs []Proof) []string {
	out := []string{}
	for _, p := range proofs {
		for _, v := range p.methods() {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	if Reached(proofs) > OneFactor && !slices.Contains(out, "mfa") {
		out = append(out, "mfa")
	}
	return out
}
