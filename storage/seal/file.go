package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Load reads the keyset file, making a new one where none is. A second instance that starts
// at the same time reads the one that the first made.
func Load(path string) (*Sealer, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		b, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read keyset: %w", err)
	}
	return Read(b)
}

func create(path string) error {
	s, err := Generate()
	if err != nil {
		return err
	}
	tmp, err := s.writeBeside(path)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	// A link refuses to replace: whoever comes second keeps the first one's keys.
	if err := os.Link(tmp, path); err != nil {
		return fmt.Errorf("create keyset: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// Save replaces the keyset file whole or not at all, also when the machine stops in between.
func (s *Sealer) Save(path string) error {
	tmp, err := s.writeBeside(path)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("save keyset: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func (s *Sealer) writeBeside(path string) (string, error) {
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keyset-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("write keyset: %w", err)
	}
	_, err = f.Write(b.Bytes())
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(fmt.Errorf("write keyset: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync keyset directory: %w", err)
	}
	defer d.Close()
	return d.Sync()
}
