package signin

import (
	"errors"
	"fmt"
	"slices"

	"sallyport/mfa"
	"sallyport/mfa/backup"
	"sallyport/mfa/totp"
	"sallyport/provider/attempt"
	"sallyport/provider/throttle"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
	"sallyport/templates"
)

func (s *SignIn) showSecond(v *visit) error {
	return show(v, secondPage(v, v.frame(), v.method(v.r.URL.Query().Get("method"))), "")
}

// method is the one asked for where it is on offer, else the first that is.
func (v *visit) method(named string) mfa.Kind {
	if k := mfa.Kind(named); slices.Contains(v.d.Offer, k) {
		return k
	}
	return v.d.Offer[0]
}

func secondPage(v *visit, f templates.Frame, method mfa.Kind) templates.SecondFactor {
	p := templates.SecondFactor{Frame: f, Action: v.path("second-factor"), Method: string(method), Account: v.identifier()}
	for _, k := range v.d.Offer {
		if k != method {
			p.Others = append(p.Others, templates.Way{Method: string(k), URL: v.path("second-factor") + "?method=" + string(k)})
		}
	}
	return p
}

func (s *SignIn) second(v *visit) error {
	form, err := web.Form(v.r, "code", "method")
	if err != nil {
		return err
	}
	method := v.method(form["method"])
	err = s.check(v, method, form["code"])
	if f, ok := v.throttled(err); ok {
		return show(v, secondPage(v, f, method), templates.ErrorThrottled)
	}
	var conflict *storage.Conflict
	if !errors.As(err, &conflict) {
		return err
	}
	switch conflict.What {
	case "totp step":
		return v.refuseCode(method, templates.ErrorCodeUsed)
	case "backup code":
		return v.refuseCode(method, templates.ErrorBackupWrong)
	}
	return err
}

// check verifies what can be a code of the method; of what cannot, nothing was guessed, so nothing is counted.
func (s *SignIn) check(v *visit, method mfa.Kind, typed string) error {
	if method == mfa.BackupCode {
		if clean, ok := backup.Clean(typed); ok {
			return s.checkBackup(v, clean)
		}
	} else if code, ok := totp.Clean(typed); ok {
		return s.checkTOTP(v, code)
	}
	return v.refuseCode(method, wrongKey(method))
}

func wrongKey(method mfa.Kind) string {
	if method == mfa.BackupCode {
		return templates.ErrorBackupWrong
	}
	return templates.ErrorCodeWrong
}

// refuseCode shows the page again.
func (v *visit) refuseCode(method mfa.Kind, key string) error {
	return show(v, secondPage(v, v.failing(key), method), key)
}

// checkTOTP takes a try from every authenticator that the code could be of, before looking at it.
func (s *SignIn) checkTOTP(v *visit, code string) error {
	factors := slices.DeleteFunc(slices.Clone(v.a.Person.Factors), func(f attempt.Factor) bool { return f.Kind != mfa.TOTP })
	counters := make([]throttle.Counter, len(factors))
	for i, f := range factors {
		counters[i] = throttle.Factor(f.ID)
	}
	blocks, err := throttle.Take(v.r.Context(), s.Store, v.a.Tenant, v.now, counters...)
	if err != nil {
		return err
	}
	for i, f := range factors {
		step, ok, err := s.matchTOTP(v, f, code)
		if err != nil {
			return err
		}
		if ok {
			return s.passTOTP(v, f.ID, step, counters, i)
		}
	}
	return s.wrongCode(v, mfa.TOTP, blocks)
}

func (s *SignIn) matchTOTP(v *visit, f attempt.Factor, code string) (int64, bool, error) {
	seed, err := s.Seal.Open(secretOf(v.a.Tenant, f.ID), f.Secret)
	if err != nil {
		return 0, false, fmt.Errorf("open authenticator: %w", err)
	}
	return totp.Match(seed, code, v.now)
}

// secretOf is where the secret of a factor is sealed to.
func secretOf(t id.Tenant, f id.Factor) seal.Place {
	return seal.Place{Tenant: t, Table: "factors", Row: f.String(), Column: "secret"}
}

func (s *SignIn) passTOTP(v *visit, f id.Factor, step int64, counters []throttle.Counter, used int) error {
	ctx, t := v.r.Context(), v.a.Tenant
	v.a.Prove(mfa.Proof{Kind: mfa.TOTP, At: v.now, Factor: f})
	return s.advance(v, func(tx *storage.Tx) error {
		err := tx.Later().UseTOTPStep(ctx, db.UseTOTPStepParams{TenantID: t, ID: f, Step: step, Now: v.now})
		for i, c := range counters {
			if i == used {
				err = errors.Join(err, throttle.Forget(ctx, tx, t, c))
			} else {
				err = errors.Join(err, throttle.GiveBack(ctx, tx, t, c))
			}
		}
		return err
	})
}

func (s *SignIn) wrongCode(v *visit, method mfa.Kind, blocks bool) error {
	kinds := []audit.Kind{audit.FactorFailed}
	if blocks {
		kinds = append(kinds, audit.TriesExhausted)
	}
	if err := s.record(v, kinds, map[string]any{"attempt": v.a.ID, "factor": method}); err != nil {
		return err
	}
	return v.refuseCode(method, wrongKey(method))
}
