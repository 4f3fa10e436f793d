package demo

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"sallyport/mfa/backup"
	"sallyport/mfa/totp"
	"sallyport/provider/token"
	"sallyport/storage/id"
)

// state is what must be the same in the next run and is in the database only hashed or sealed.
type state struct {
	ClientSecret string   `json:"client_secret"`
	EntraSecret  string   `json:"entra_secret"` // of the tenants, at the simulated Entra
	Seed         []byte   `json:"seed"`         // of the person whose authenticator app is set up already
	BackupCodes  []string `json:"backup_codes"` // of the same person
	Edition      int      `json:"edition"`      // of the people and policies that were made; 0: none, or those of the first
}

const stateFile = "demo.json"

var errForeign = errors.New("the directory was not made by the demo")

// remember reads the state, or makes one and saves it before anything is built on it.
func remember(dir string) (state, error) {
	b, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		s := state{ClientSecret: token.New(token.Client, id.Lobby).Text, EntraSecret: rand.Text(), Seed: totp.NewSeed(), BackupCodes: backup.New()}
		return s, s.save(dir)
	}
	if err != nil {
		return state{}, fmt.Errorf("read the demo's state: %w", err)
	}
	var s state
	if err := json.Unmarshal(b, &s); err != nil {
		return state{}, fmt.Errorf("read the demo's state, --fresh makes a new one: %w", err)
	}
	if s.EntraSecret == "" { // an edition that had no Entra
		s.EntraSecret = rand.Text()
		return s, s.save(dir)
	}
	return s, nil
}

func (s state) save(dir string) error {
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("save the demo's state: %w", err)
	}
	path := filepath.Join(dir, stateFile)
	if err := errors.Join(os.WriteFile(path+".new", b, 0o600), os.Rename(path+".new", path)); err != nil {
		return fmt.Errorf("save the demo's state: %w", err)
	}
	return nil
}

// forget removes the directory, unless it is somebody else's or a demo runs in it.
func forget(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, stateFile)); err != nil {
		return fmt.Errorf("--fresh leaves %s alone: %w", dir, errForeign)
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("forget earlier runs: %w", err)
	}
	return nil
}

// lock takes the lock that the embedded database holds while it runs.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the demo's directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("a demo is running there, stop it first: %w", err), f.Close())
	}
	return f.Close, nil
}
