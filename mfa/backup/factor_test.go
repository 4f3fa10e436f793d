package backup_test

import (
	"bytes"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/backup"
	"sallyport/mfa/factortest"
	"sallyport/storage/id"
)

var pepper = bytes.Repeat([]byte{7}, 32)

func person(t *testing.T) factortest.Person {
	t.Helper()
	c := mfa.Claim{Now: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), Tenant: id.NewTenant(), User: id.NewUser(), Attempt: id.NewAttempt()}
	codes := backup.New()
	for _, code := range codes {
		clean, ok := backup.Clean(code)
		if !ok {
			t.Fatalf("%q does not read back", code)
		}
		c.Hashes = append(c.Hashes, backup.Hash(pepper, c.Tenant, c.User, clean))
	}
	return factortest.Person{Claim: c, Answer: func(time.Time) string { return codes[4] }, Wrong: func() string { return backup.New()[0] }}
}

func TestBackupCodesAreAFactor(t *testing.T) {
	t.Parallel()
	factortest.Run(t, factortest.Subject{Factor: backup.Factor{Pepper: pepper}, Typed: true, Enrol: person})
}

func TestB09OtherPepperOpensNothing(t *testing.T) {
	t.Parallel()
	p := person(t)
	clean, _ := backup.Clean(p.Answer(p.Claim.Now))
	if _, ok, err := (backup.Factor{Pepper: pepper[1:]}).Verify(clean, p.Claim); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}
