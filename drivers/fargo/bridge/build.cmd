@echo off
rem Compiles FargoBridge.exe with the compiler of .NET Framework 4, which is part of Windows.
rem
rem   build.cmd [x86^|x64] [folder for FargoBridge.exe]
rem
rem x86 (the default) fits the vendor's 32-bit library; the program and the library must be of the same kind.

setlocal
set PLATFORM=%~1
if "%PLATFORM%"=="" set PLATFORM=x86
if /i not "%PLATFORM%"=="x86" if /i not "%PLATFORM%"=="x64" (
    echo Unknown platform "%PLATFORM%": x86 or x64.
    exit /b 2
)
set TARGET=%~2
if "%TARGET%"=="" set TARGET=%~dp0.
set CSC=%WINDIR%\Microsoft.NET\Framework\v4.0.30319\csc.exe
if /i "%PLATFORM%"=="x64" set CSC=%WINDIR%\Microsoft.NET\Framework64\v4.0.30319\csc.exe
if not exist "%CSC%" (
    echo .NET Framework 4 is not installed: "%CSC%" is missing.
    exit /b 3
)
"%CSC%" /nologo /optimize+ /warnaserror+ /platform:%PLATFORM% /target:exe /out:"%TARGET%\FargoBridge.exe" "%~dp0FargoBridge.cs"
if errorlevel 1 exit /b 1
echo FargoBridge.exe is in "%TARGET%".
