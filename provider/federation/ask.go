package federation

import (
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation/oidcrp"
)

// Wish is what a sign-in upstream is to bring.
type Wish struct {
	// Reauth has the person prove themselves again; Evidence asks for a second factor that is worth Level.
	Reauth, Evidence bool
	Level            mfa.Level
	LoginHint        string
	// MaxAge is how long ago the provider may have seen the person, 0 any time.
	MaxAge time.Duration
	// Domain is that of the person's address, "" where nothing is known.
	Domain string
}

// skew is how far the clocks of two servers may be apart.
const skew = time.Minute

// Ask is the request that the kind of provider understands. RedirectURI, State, Nonce and Verifier are the caller's to fill.
// All of it is a wish, which passes through the person's browser: only what comes back says what was done.
func (c Connection) Ask(e policy.Exemption, w Wish) oidcrp.Ask {
	a := oidcrp.Ask{LoginHint: w.LoginHint, Scopes: c.scopes(), FormPost: c.Settings.FormPost}
	wanted := reaching(e, w.Level)
	has := kinds[c.Kind]
	if has.reauth && w.Reauth {
		a.Prompt = "login"
	}
	if has.maxAge {
		a.MaxAge = w.maxAge(wanted)
	}
	if has.acr && w.Evidence && len(wanted.ACR) > 0 {
		a.ACRValues = wanted.ACR
	}
	switch c.Kind {
	case Entra:
		c.askEntra(&a, w, wanted)
	case Google:
		c.askGoogle(&a, w)
	case Okta: // the first counts, the others are ignored
		a.ACRValues = a.ACRValues[:min(1, len(a.ACRValues))]
	}
	return a
}

// Fresh reports whether whoever was sent to prove themselves again at that time has done so. The request can be changed on its
// way through the browser, so auth_time decides (gauntlet G04); only Entra may be silent about it, because it does not have to
// tell and is believed where it was asked.
func (c Connection) Fresh(p Person, asked time.Time) bool {
	if p.Upstream.Time.IsZero() {
		return c.Kind == Entra
	}
	return !p.Upstream.Time.Before(asked.Add(-skew))
}

func (c Connection) scopes() []string {
	scopes := []string{"profile", "email"}
	for _, s := range c.Settings.Scopes {
		if s != "openid" && !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

// reaching is the evidence to ask for: the least that is worth the level, for more may be more than the person has.
func reaching(e policy.Exemption, level mfa.Level) (least policy.Evidence) {
	worth := map[string]mfa.Level{"2sv": mfa.TwoStep, aal2: mfa.AAL2, phr: mfa.PhishingResistant}
	for _, r := range e.Evidence {
		asks := len(r.ACR)+len(r.ACRS) > 0 && len(least.ACR)+len(least.ACRS) == 0
		if r.Grade.AtLeast(e.Accept) && worth[r.Level] >= level && (least.Level == "" || worth[r.Level] < worth[least.Level] || r.Level == least.Level && asks) {
			least = r
		}
	}
	return least
}

// maxAge is in seconds. Where it is asked for, auth_time comes back.
func (w Wish) maxAge(wanted policy.Evidence) *int {
	age := w.MaxAge
	if limit := wanted.MaxAge.Duration(); w.Evidence && limit > 0 && (age == 0 || limit < age) {
		age = limit
	}
	if age == 0 && !w.Reauth {
		return nil
	}
	seconds := int(age / time.Second)
	if w.Reauth {
		seconds = 0
	}
	return &seconds
}

// wish is one member of the claims parameter (OpenID Connect Core 5.5.1).
type wish struct {
	Essential bool     `json:"essential"`
	Value     string   `json:"value,omitempty"`
	Values    []string `json:"values,omitempty"`
}

func ofToken(wishes map[string]wish) json.RawMessage {
	b, err := json.Marshal(map[string]any{"id_token": wishes})
	if err != nil {
		panic(err) // words always encode
	}
	return b
}

func (c Connection) askEntra(a *oidcrp.Ask, w Wish, wanted policy.Evidence) {
	a.DomainHint = w.Domain
	if !w.Evidence {
		return
	}
	wishes := map[string]wish{"amr": {Essential: true, Values: []string{"mfa"}}}
	// More than one is not understood, and a context that nobody attests brings nothing.
	if len(wanted.ACRS) > 0 && wanted.Grade != mfa.GradeWeak {
		wishes["acrs"] = wish{Essential: true, Value: wanted.ACRS[0]}
	}
	a.Claims = ofToken(wishes)
}

// askGoogle: amr and auth_time come only when they are asked for, and asking costs the person nothing. Nothing has Google ask
// for a second step; having people choose the account again is the most that it does.
func (c Connection) askGoogle(a *oidcrp.Ask, w Wish) {
	a.Claims = ofToken(map[string]wish{"amr": {Essential: true}, "auth_time": {Essential: true}})
	if w.Reauth {
		a.Prompt = "select_account"
	}
	if !c.Settings.Personal && len(c.Settings.Directories) == 1 {
		a.Extra = url.Values{"hd": c.Settings.Directories}
	}
}
