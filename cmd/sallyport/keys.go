package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"sallyport/cmd/sallyport/admin"
	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/issuer"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/embedded"
)

type rotate struct {
	Sealing bool `default:"true" negatable:"" help:"Add a new sealing key and seal all secrets with it. Stop every sallyport first: a running one knows only the keys it started with."`
	Signing bool `help:"Put the next signing keys into use and publish their successors. This may be done while sallyport runs."`
}

func (r rotate) Run(ctx context.Context, t *terminal) (err error) {
	o, err := t.options()
	if err != nil {
		return err
	}
	if r.Sealing && o.Config.Keys.File == "" {
		return admin.Usage("keys rotate: the keyset is in the configuration, not in a file that could be replaced; --no-sealing leaves it")
	}
	// Our own embedded database proves that no other sallyport uses this one.
	o.Alone = r.Sealing
	i, err := instance.Open(ctx, o)
	if errors.Is(err, embedded.ErrInUse) {
		return fmt.Errorf("stop the running sallyport first, it knows only the keys it started with: %w", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, i.Close(ctx)) }()
	return r.rotate(ctx, t, i)
}

func (r rotate) rotate(ctx context.Context, t *terminal, i *instance.Instance) error {
	if r.Sealing {
		if err := t.rotateSealing(ctx, i); err != nil {
			return err
		}
	}
	if !r.Signing {
		return nil
	}
	sealer, err := i.Sealer()
	if err != nil {
		return err
	}
	err = issuer.RotateKeys(ctx, i.Store, sealer, t.now(), audit.Operator)
	if errors.Is(err, storage.ErrConflict) {
		return errors.New("there are no signing keys to rotate yet; the first start of serve makes them")
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.out, "signing keys rotated")
	return err
}

// rotateSealing may be interrupted at any point and repeated: the new key is on disk before anything is sealed
// with it, and the old ones stay in the keyset, so that every value opens at every moment.
func (t *terminal) rotateSealing(ctx context.Context, i *instance.Instance) error {
	file := i.Config.Keys.File
	unlock, err := lock(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer unlock()
	old, err := i.Sealer()
	if err != nil {
		return err
	}
	sealer, err := old.Rotate()
	if err != nil {
		return err
	}
	if err := sealer.Save(file); err != nil {
		return err
	}
	n, err := reseal(ctx, i.Store, sealer)
	if err != nil {
		return fmt.Errorf("%w (the new key is saved; run the command again to seal the rest with it)", err)
	}
	_, err = fmt.Fprintf(t.out, "new sealing key in %s, %d secrets sealed with it; back the file up\n", file, n)
	return err
}

// lock keeps a second rotation away: of two new keysets one would be lost, and what it sealed with it.
// It is on the directory because Save puts another file in the place of the first.
func lock(dir string) (unlock func() error, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("lock keyset: %w", err)
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("lock keyset, is another rotation running? %w", err), d.Close())
	}
	return d.Close, nil
}
