@echo off
rem Builds the installer on 64-bit Windows with CPython 3.11 (python.org), NSIS 3.08 or newer and the Windows SDK's signtool.
rem   build.cmd WHEELS        WHEELS: folder from  python tools/windows_wheels.py fetch WHEELS  (made on any system)
rem Never executed so far: docs/windows.md.
setlocal
cd /d "%~dp0..\.."
if "%~1"=="" (echo build.cmd WHEELS & exit /b 2)
py -3.11 -m venv build\venv || exit /b 1
set PIP=build\venv\Scripts\python -m pip install -q --disable-pip-version-check --require-hashes
%PIP% --no-index --find-links "%~1" -r requirements\windows.txt || exit /b 1
%PIP% -r requirements\freeze.txt || exit /b 1
build\venv\Scripts\python -m PyInstaller --noconfirm --distpath build\windows --workpath build\work installer\windows\ktpel-kiosk.spec || exit /b 1
build\windows\ktpel-kiosk\ktpel-kiosk.exe doctor --json > build\doctor.json
build\windows\ktpel-kiosk\ktpel-kiosk.exe demo --office tempeh --out build\demo || exit /b 1
for /f %%v in ('build\venv\Scripts\python -c "import sys; sys.path.insert(0, 'src'); import ktpel_kiosk; print(ktpel_kiosk.__version__)"') do set VERSION=%%v
if defined SIGN_THUMBPRINT signtool sign /fd sha256 /sha1 %SIGN_THUMBPRINT% /tr %SIGN_TIME% /td sha256 build\windows\ktpel-kiosk\*.exe || exit /b 1
makensis -V2 -WX -DPAYLOAD=%CD%\build\windows\ktpel-kiosk -DVERSION=%VERSION% -DOUT=%CD%\build\ktpel-kiosk-setup.exe installer\windows\kiosk.nsi || exit /b 1
if defined SIGN_THUMBPRINT signtool sign /fd sha256 /sha1 %SIGN_THUMBPRINT% /tr %SIGN_TIME% /td sha256 build\ktpel-kiosk-setup.exe || exit /b 1
if not defined SIGN_THUMBPRINT echo NOT SIGNED: set SIGN_THUMBPRINT and SIGN_TIME
echo build\ktpel-kiosk-setup.exe
