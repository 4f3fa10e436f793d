package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/backup"
	"sallyport/provider/attempt"
	"sallyport/provider/throttle"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/seal"
	"sallyport/templates"
)

// showBackup makes a list the first time the page is seen, and shows the same one, in this attempt only, until
// it is confirmed. Nothing counts before that.
func (s *SignIn) showBackup(v *visit) error {
	if v.a.Facts.Codes == nil {
		return s.beginCodes(v)
	}
	return s.backupPage(v, "")
}

func (s *SignIn) beginCodes(v *visit) error {
	list, err := json.Marshal(backup.New())
	if err != nil {
		return fmt.Errorf("encode backup codes: %w", err)
	}
	if v.a.Facts.Codes, err = s.Seal.Seal(codesOf(v), list); err != nil {
		return err
	}
	return s.advance(v, nothing)
}

// codesOf is where the list of an attempt is sealed to.
func codesOf(v *visit) seal.Place {
	return seal.Place{Tenant: v.a.Tenant, Table: "signin_attempts", Row: v.a.ID.String(), Column: "facts"}
}

func (s *SignIn) codes(v *visit) ([]string, error) {
	list, err := s.Seal.Open(codesOf(v), v.a.Facts.Codes)
	if err != nil {
		return nil, fmt.Errorf("open backup codes: %w", err)
	}
	var codes []string
	if err := json.Unmarshal(list, &codes); err != nil {
		return nil, fmt.Errorf("decode backup codes: %w", err)
	}
	return codes, nil
}

func (s *SignIn) backupPage(v *visit, failed string) error {
	codes, err := s.codes(v)
	if err != nil {
		return err
	}
	p := templates.BackupCodes{Frame: v.failing(failed), Action: v.path("backup-codes"), Codes: codes, DownloadURL: v.path("backup-codes.txt"),
		Replaces: len(v.a.Person.BackupCodes) > 0}
	if v.a.Purpose == attempt.Enrol || v.a.Purpose == attempt.Codes {
		p.CancelURL = "/account"
	}
	return show(v, p, failed)
}

// backupFile is the same list to keep as a file; a data: address is forbidden by our own policy.
func (s *SignIn) backupFile(v *visit) error {
	if v.a.Facts.Codes == nil {
		return s.redirect(v)
	}
	codes, err := s.codes(v)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="backup-codes.txt"`)
	h.Set("Cache-Control", "no-store")
	_, err = io.WriteString(v.w, v.a.TenantName+"\r\n"+v.identifier()+"\r\n\r\n"+strings.Join(codes, "\r\n")+"\r\n")
	return err
}

// backup takes the word that the codes are kept; only then they, and the factor they stand in for, count (R15).
func (s *SignIn) backup(v *visit) error {
	form, err := web.Form(v.r, "kept")
	if err != nil {
		return err
	}
	if v.a.Facts.Codes == nil {
		return s.redirect(v) // answered a page that was never shown
	}
	if form["kept"] != "on" {
		return s.backupPage(v, templates.ErrorNotKept)
	}
	hashes, err := s.hashes(v)
	if err != nil {
		return err
	}
	v.a.Facts.Codes, v.a.Facts.Kept = nil, true
	if e := v.a.Facts.Enrolment; e != nil {
		return s.bind(v, *e, func(tx *storage.Tx) error { return replaceCodes(v, tx, hashes) })
	}
	return s.advance(v, func(tx *storage.Tx) error {
		return errors.Join(v.holdFactors(tx), replaceCodes(v, tx, hashes),
			audit.Record(v.r.Context(), tx, v.a.Tenant, audit.Event{Kind: audit.BackupCodesReplaced, At: v.now, Actor: audit.User(*v.a.User),
				Target: audit.OnUser(*v.a.User), Origin: s.origin(v.r), Detail: map[string]any{"attempt": v.a.ID, "codes": len(hashes), "locale": v.locale()}}))
	})
}

func (s *SignIn) hashes(v *visit) ([][]byte, error) {
	codes, err := s.codes(v)
	if err != nil {
		return nil, err
	}
	var hashes [][]byte
	for _, code := range codes {
		clean, ok := backup.Clean(code)
		if !ok {
			return nil, errors.New("a backup code of ours does not read back")
		}
		hash, err := s.hash(v, clean)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func (s *SignIn) hash(v *visit, clean string) ([]byte, error) {
	pepper, err := s.Seal.Derive("backup codes", 32)
	if err != nil {
		return nil, err
	}
	return backup.Hash(pepper, v.a.Tenant, *v.a.User, clean), nil
}

// forever: backup codes do not expire; the table wants an end.
const forever = 100 * 365 * 24 * time.Hour

// replaceCodes ends every older list. New codes are a new authenticator: failures with the old ones are history.
func replaceCodes(v *visit, tx *storage.Tx, hashes [][]byte) error {
	ctx, t, u := v.r.Context(), v.a.Tenant, *v.a.User
	return errors.Join(
		tx.Later().EndPersonal(ctx, db.EndPersonalParams{TenantID: t, Owner: u.UUID, Kind: string(mfa.BackupCode)}),
		tx.Later().IssuePersonal(ctx, db.IssuePersonalParams{TenantID: t, Kind: string(mfa.BackupCode), Owner: u.UUID, Data: []byte("{}"), Now: v.now,
			Expires: v.now.Add(forever), Hashes: hashes}),
		throttle.Forget(ctx, tx, t, throttle.Recovery(mfa.BackupCode, u)),
	)
}

// holdFactors lets nobody add or end a factor of the person meanwhile, and none may have since the judgement (gauntlet C07).
func (v *visit) holdFactors(tx *storage.Tx) error {
	ctx, t, u := v.r.Context(), v.a.Tenant, *v.a.User
	return errors.Join(
		tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: t, ID: u}),
		tx.Later().ExpectFactors(ctx, db.ExpectFactorsParams{TenantID: t, UserID: u, Expected: int64(len(v.a.Person.Factors))}),
	)
}
