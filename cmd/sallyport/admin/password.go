package admin

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strings"

	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/user"
	"sallyport/storage/db"
)

// secret is how a password comes in. Never as an argument: those are read by every user of the machine.
type secret struct {
	PasswordFile string `placeholder:"FILE" help:"Read the password from the first line of FILE, '-' for standard input. Without it one is generated and printed."`
}

type chosen struct{ hash, notice string }

func (s secret) choose(ctx context.Context, d *Desk, i *instance.Instance) (chosen, error) {
	password, notice := "", ""
	if s.PasswordFile == "" {
		password = rand.Text() // 128 bits
		notice = "\npassword (shown once): " + password
	} else if given, err := s.read(d.In); err != nil {
		return chosen{}, err
	} else {
		password = given
	}
	hash, err := i.Hasher().Hash(ctx, password)
	return chosen{hash, notice}, err
}

const maxSecret = 4096 // bytes; longer ones are refused anyway

func (s secret) read(in io.Reader) (string, error) {
	if s.PasswordFile != "-" {
		f, err := os.Open(s.PasswordFile)
		if err != nil {
			return "", usage("read password: %v", err)
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxSecret))
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// UserSetPassword replaces a password. Whoever knew the old one may be signed in with it, so all sessions and
// what applications hold end with it.
type UserSetPassword struct {
	who
	secret
}

// Run runs the command.
func (c *UserSetPassword) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, u db.User) error {
		password, err := c.choose(ctx, d, i)
		if err != nil {
			return err
		}
		if err := user.SetPassword(ctx, i.Store, u.TenantID, u.ID, password.hash, d.cause()); err != nil {
			return err
		}
		return d.say("set the password of %s and ended their sessions%s", u.Email, password.notice)
	})
}
